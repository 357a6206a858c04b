import type { BrowserContext, Page } from "@playwright/test";
import { SetupPage } from "../pages/entrance";
import { Tab } from "../fixtures/people";
import { expect, test } from "../fixtures/test";

type Image = { src: string; sizes: string; type: string; purpose?: string; form_factor?: string; label?: string };

type Manifest = {
  id: string;
  name: string;
  short_name: string;
  start_url: string;
  display: string;
  icons: Image[];
  screenshots: Image[];
  shortcuts: { name: string; url: string; icons?: Image[] }[];
};

async function signedUp(context: BrowserContext): Promise<Tab> {
  const tab = new Tab(context.pages()[0] ?? (await context.newPage()));
  await tab.goes("/setup");
  await new SetupPage(tab.page).create("Ada Lovelace", "ada", "a long walk by the river");
  await tab.isInside();
  return tab;
}

/** The type and the size an image really has; a vector image has any size. */
async function measured(page: Page, src: string): Promise<{ type: string; size: string }> {
  return page.evaluate(async (src) => {
    const answer = await fetch(src);
    const type = answer.headers.get("content-type")?.split(";")[0] ?? `status ${answer.status}`;
    const image = new Image();
    image.src = src;
    await image.decode();
    return { type, size: type === "image/svg+xml" ? "any" : `${image.naturalWidth}x${image.naturalHeight}` };
  }, src);
}

test("Chromium finds nothing that keeps it from being installed", async ({ profile }) => {
  const { page } = await signedUp(await profile.open());
  const chromium = await page.context().newCDPSession(page);
  const { url: address, errors, data } = await chromium.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const { installabilityErrors } = await chromium.send("Page.getInstallabilityErrors");
  expect(installabilityErrors).toEqual([]);

  const manifest = JSON.parse(data ?? "") as Manifest;
  expect(manifest).toMatchObject({ id: "/", display: "standalone" });
  expect(manifest.short_name.length).toBeLessThanOrEqual(12);
  expect(new URL(manifest.start_url, page.url()).pathname).toBe("/");

  const icons = manifest.icons.map(({ sizes, purpose = "any" }) => `${purpose} ${sizes}`);
  expect(icons).toEqual(expect.arrayContaining(["any 192x192", "any 512x512", "maskable 512x512"]));
  expect(icons.some((icon) => icon.startsWith("monochrome"))).toBe(true);
  for (const form of ["wide", "narrow"]) {
    expect(manifest.screenshots.filter(({ form_factor }) => form_factor === form).length).toBeGreaterThanOrEqual(2);
  }
  expect(manifest.screenshots.every(({ label }) => label)).toBe(true);

  const images = [...manifest.icons, ...manifest.screenshots, ...manifest.shortcuts.flatMap(({ icons }) => icons ?? [])];
  for (const { src, sizes, type } of images) {
    expect.soft(await measured(page, new URL(src, address).href), src).toEqual({ type, size: sizes });
  }
  const touch = await page.locator("link[rel=apple-touch-icon]").getAttribute("href");
  expect(await measured(page, touch ?? "")).toEqual({ type: "image/png", size: "180x180" });
  for (const { url } of manifest.shortcuts) {
    expect.soft((await page.request.get(url)).status(), url).toBe(200);
  }
});

test("the install button is there once the browser offers it", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  await expect(ada.sidebar.install).toBeHidden();
  await ada.page.evaluate(() => {
    const offer = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), {
      prompt: async () => {
        document.documentElement.dataset.asked = "1";
        return { outcome: "accepted" };
      },
      userChoice: Promise.resolve({ outcome: "accepted" }),
    });
    window.dispatchEvent(offer);
  });
  await ada.sidebar.install.click();
  await expect(ada.page.locator("html")).toHaveAttribute("data-asked", "1");
  await expect(ada.sidebar.install).toBeHidden();
});
