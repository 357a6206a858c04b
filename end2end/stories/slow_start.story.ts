import { setTimeout as pause } from "node:timers/promises";
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
