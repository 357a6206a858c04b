import { setTimeout as pause } from "node:timers/promises";
import type { Locator } from "@playwright/test";
import { expect, test } from "../fixtures/test";

const WASM_DELAY_MS = 5_000;

test("what is typed before the code arrives stays, with its caret", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  await ada.page.route("**/*.wasm", async (route) => {
    await pause(WASM_DELAY_MS);
    await route.continue();
  });
  await ada.page.reload({ waitUntil: "commit" });

  const { composer } = ada.room;
  const typed = "Forty characters, typed before it started";
  await composer.pressSequentially(typed);
  for (let left = 0; left < " it started".length; left++) await composer.press("ArrowLeft");
  await expect(ada.page.locator("html"), "the code is still on its way").not.toHaveAttribute("data-ready");

  await ada.isReady();
  await expect(composer).toHaveValue(typed);
  await expect(composer).toBeFocused();
  await ada.page.keyboard.type(" all of");
  await expect(composer).toHaveValue("Forty characters, typed before all of it started");
  await ada.page.keyboard.press("Enter");
  await ada.sees("Forty characters, typed before all of it started");
});

test("the page is there and can send before the code arrives", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada);
  await bo.says("Early bird");
  await ada.page.route("**/*.wasm", () => {});
  await ada.page.reload({ waitUntil: "commit" });

  await ada.sees("Early bird");
  await ada.room.composer.fill("I need no code for this");
  await ada.room.send.click();
  await bo.sees("I need no code for this");
  await ada.sees("I need no code for this");
});

test("before the code arrives the log stands where it stands afterwards", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada);
  const hall = ada.room.address;
  const comesLate = async (address: string, seen: Locator, meanwhile = async () => {}) => {
    let arrives = () => {};
    const late = new Promise<void>((done) => (arrives = done));
    await ada.page.route("**/*.wasm", async (route) => {
      await late;
      await route.continue();
    });
    await ada.page.goto(address, { waitUntil: "commit" });
    await meanwhile();
    await expect(seen).toBeInViewport();
    await expect(ada.page.locator("html"), "the code is still on its way").not.toHaveAttribute("data-ready");
    const before = (await seen.boundingBox())!.y;
    arrives();
    await ada.isReady();
    expect(Math.abs((await seen.boundingBox())!.y - before), "pixels that it moved by").toBeLessThanOrEqual(2);
    await ada.page.unroute("**/*.wasm");
  };
  for (let count = 1; count <= 30; count++) await ada.says(`Leaf number ${count}`);
  await comesLate(hall, ada.room.message("Leaf number 30"));

  const asked = ada.room.message("Leaf number 12");
  const address = (await asked.locator("a.message__time").getAttribute("href"))!;
  await comesLate(address, asked);
  await expect(asked).toBeFocused();
  // A tap moves nothing, so one still lands.
  await comesLate(address, asked, async () => {
    await ada.page.waitForFunction(() => "whilst" in globalThis);
    await ada.room.log.click();
  });
  await expect(asked).toBeFocused();

  await ada.page.goto("/settings");
  for (let count = 1; count <= 30; count++) await bo.says(`Branch number ${count}`);
  await comesLate(hall, ada.room.divider);
  await comesLate(address, asked);

  // Whoever has scrolled by then is left where they are, whatever is said.
  const up = (seen: Locator) => async () => {
    await ada.page.waitForFunction(() => "whilst" in globalThis);
    const stood = (await seen.boundingBox())!.y;
    await ada.room.log.hover();
    await ada.page.mouse.wheel(0, -200);
    await expect.poll(async () => Math.round((await seen.boundingBox())!.y - stood)).toBe(200);
  };
  await comesLate(hall, ada.room.divider, up(ada.room.divider));
  await comesLate(address, asked, up(asked));
  const before = await asked.boundingBox();
  await bo.says("A last leaf");
  await expect(ada.page.getByRole("button", { name: "1 new" })).toBeVisible();
  expect(await asked.boundingBox()).toEqual(before);
});
