// Pictures of the main screens, filled by `whilst demo`: to look at, and for the manifest and the README.
//
//   npm --prefix end2end run screenshots                    into target/screenshots, or SCREENSHOTS=FOLDER
//   npm --prefix end2end run screenshots -- --grep manifest   into public/screenshots
//
// DEMO_USERNAME and DEMO_PASSWORD are those that `whilst demo` prints; DEMO_ROOM is the room to show.
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { BrowserContextOptions } from "@playwright/test";
import { SignInPage } from "./pages/entrance";
import { Tab, type People } from "./fixtures/people";
import { Server } from "./fixtures/server";
import { SHORT_ABSENCE, test as base } from "./fixtures/test";

const FOLDER = resolve(process.env.SCREENSHOTS ?? join(__dirname, "../target/screenshots"));
const PUBLIC = join(__dirname, "../public/screenshots");
const ROOM = process.env.DEMO_ROOM ?? "general";

const test = base.extend({
  settings: SHORT_ABSENCE,
  server: async ({ settings }, use) => {
    const server = await Server.create(settings);
    const told = await server.command("demo");
    credentials.username ??= /Sign in as "([^"]+)"/.exec(told)?.[1];
    credentials.password ??= /with the password "([^"]+)"/.exec(told)?.[1];
    await server.start();
    await use(server);
    await server.remove();
  },
});

const credentials = { username: process.env.DEMO_USERNAME, password: process.env.DEMO_PASSWORD };

/** Signed in, back from an absence, in a room that is not on the card's lines. */
async function comesBack(people: People, look: BrowserContextOptions): Promise<Tab> {
  const { page } = await people.visitor("Somebody", { ...look, reducedMotion: "reduce" });
  const tab = new Tab(page);
  await tab.goes("/sign-in");
  if (!credentials.username || !credentials.password) throw new Error("Set DEMO_USERNAME and DEMO_PASSWORD.");
  await new SignInPage(page).signIn(credentials.username, credentials.password);
  await page.waitForURL((url) => url.pathname !== "/sign-in");
  await tab.isReady();
  return tab;
}

const MANIFEST: [string, BrowserContextOptions][] = [
  ["wide", { viewport: { width: 1280, height: 800 } }],
  ["narrow", { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2 }],
];

for (const [form, look] of MANIFEST) {
  test(`manifest, ${form}`, async ({ people }) => {
    await mkdir(PUBLIC, { recursive: true });
    const tab = await comesBack(people, look);
    await tab.card.card.waitFor();
    // Where there is space, the card is over a room; a phone has it above its list.
    if (form === "wide") await tab.goes(await roomAddress(tab));
    await tab.card.card.waitFor();
    await tab.page.screenshot({ path: join(PUBLIC, `${form}-away.png`) });
    await tab.card.dismiss.click();
    await tab.goes(await roomAddress(tab));
    await tab.page.screenshot({ path: join(PUBLIC, `${form}-room.png`) });
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const) {
    test(`screens, ${colorScheme} ${width}x${height}`, async ({ people }) => {
      test.setTimeout(120_000);
      await mkdir(FOLDER, { recursive: true });
      const look: BrowserContextOptions = { colorScheme, viewport: { width, height } };
      const shoot = (tab: Tab, name: string) =>
        tab.page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}-${width}x${height}.png`) });

      const nobody = await people.visitor("Nobody", look);
      await nobody.goes("/sign-in");
      await shoot(nobody, "sign-in");

      const tab = await comesBack(people, look);
      await shoot(tab, "home");
      const room = await roomAddress(tab);
      for (const [name, path] of [
        ["room", room],
        ["people", `${room}/people`],
        ["new-room", "/new-room"],
        ["new-message", "/new-message"],
        ["settings", "/settings"],
        ["admin", "/admin"],
      ] as const) {
        await tab.goes(path);
        await shoot(tab, name);
      }
    });
  }
}

/** By its link, which a phone may keep out of sight. */
async function roomAddress(tab: Tab): Promise<string> {
  const link = tab.page.locator("a[href^='/r/']").filter({ hasText: ROOM }).first();
  return (await link.getAttribute("href")) ?? "/";
}
