import { expect, test } from "../fixtures/test";

test("a slip is mended from the empty field, and the other one sees it", { tag: "@fast" }, async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada);
  await ada.says("The tulips are uot");
  await bo.sees("The tulips are uot");

  await ada.room.composer.press("ArrowUp");
  await expect(ada.room.composer).toHaveAccessibleName("Edit message");
  await expect(ada.room.composer).toHaveValue("The tulips are uot");
  await ada.reloads();
  await expect(ada.room.composer, "what is being edited survives a reload").toHaveValue("The tulips are uot");
  await ada.room.composer.fill("The tulips are out");
  await ada.room.composer.press("Enter");
  await expect(ada.room.composer).toHaveValue("");
  await expect(ada.room.composer).toBeFocused();

  for (const person of [ada, bo]) {
    await person.sees("The tulips are out");
    await expect(person.room.message("The tulips are out")).toContainText("edited");
    await expect(person.room.message("The tulips are uot")).toHaveCount(0);
  }
  await bo.reloads();
  await expect(bo.room.message("The tulips are out")).toContainText("edited");

  await bo.room.composer.fill("half a thought");
  await bo.room.composer.press("ArrowUp");
  await expect(bo.room.composer, "what stands in the field is not thrown away").toHaveValue("half a thought");
});

test("a message is taken back for everybody, and only after a second press", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada);
  await bo.says("I should not say this");
  await ada.sees("I should not say this");

  await bo.room.opensActions("I should not say this");
  await bo.room.action("Delete").click();
  await ada.sees("I should not say this");
  await bo.room.action("Delete for everybody").click();

  for (const person of [bo, ada]) {
    await person.sees("Message deleted");
    await expect(person.page.getByText("I should not say this")).toHaveCount(0);
  }
  await ada.reloads();
  await ada.sees("Message deleted");
  await ada.room.message("Message deleted").hover();
  await expect(ada.room.message("Message deleted").getByRole("button")).toHaveCount(0);
});

test("a reaction is counted on both sides, and taken back by another press", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada);
  await ada.says("Soup at seven");
  await bo.sees("Soup at seven");

  await bo.room.opensActions("Soup at seven");
  await expect(bo.room.action("Edit"), "it is not Bo's").toHaveCount(0);
  await bo.room.action("React with 👍").click();
  await expect(bo.room.reaction("Soup at seven", "👍")).toHaveAccessibleName("👍 1, you reacted");
  await expect(ada.room.reaction("Soup at seven", "👍")).toHaveAccessibleName("👍 1");

  await ada.room.reaction("Soup at seven", "👍").click();
  await expect(ada.room.reaction("Soup at seven", "👍")).toHaveAccessibleName("👍 2, you reacted");
  await expect(bo.room.reaction("Soup at seven", "👍")).toHaveAccessibleName("👍 2, you reacted");
  await bo.room.reaction("Soup at seven", "👍").click();
  await expect(ada.room.reaction("Soup at seven", "👍")).toHaveAccessibleName("👍 1, you reacted");

  await bo.room.opensActions("Soup at seven");
  await bo.room.actions.getByRole("textbox").fill("soup");
  await bo.room.actions.getByRole("textbox").press("Enter");
  await expect(bo.room.actions.getByRole("alert")).toBeVisible();
  await bo.room.actions.getByRole("textbox").fill("🍲");
  await bo.room.actions.getByRole("textbox").press("Enter");
  await expect(ada.room.reaction("Soup at seven", "🍲")).toHaveAccessibleName("🍲 1");
});

test("all of it by keys, and axe finds nothing meanwhile", async ({ people, axe }) => {
  const ada = await people.owner("Ada Lovelace", { reducedMotion: "reduce" });
  for (const text of ["one", "two", "three"]) await ada.says(text);
  const keys = ada.page.keyboard;

  await keys.press("Shift+Tab");
  await ada.room.log.focus();
  await keys.press("ArrowUp");
  await expect(ada.room.message("three")).toBeFocused();
  await keys.press("ArrowUp");
  await expect(ada.room.message("two")).toBeFocused();
  await keys.press("Home");
  await expect(ada.room.message("one")).toBeFocused();
  await keys.press("End");
  await expect(ada.room.message("three")).toBeFocused();
  await keys.press("Escape");
  await expect(ada.room.composer).toBeFocused();

  await ada.room.log.focus();
  await keys.press("ArrowUp");
  await keys.press("Enter");
  await expect(ada.room.action("React with 👍")).toBeFocused();
  await axe(ada.page, "the open actions");
  await keys.press("Escape");
  await expect(ada.room.actions).toHaveCount(0);
  await expect(ada.room.message("three")).toBeFocused();

  await keys.press("+");
  await keys.press("Enter");
  await expect(ada.room.reaction("three", "👍")).toBeVisible();
  await expect(ada.room.message("three"), "drawn anew, it has the focus still").toBeFocused();
  await axe(ada.page, "a message with a reaction");

  await keys.press("e");
  await expect(ada.room.composer).toHaveValue("three");
  await axe(ada.page, "editing");
  await keys.press("Escape");
  await expect(ada.room.message("three")).toBeFocused();

  await keys.press("e");
  await ada.room.composer.press("!");
  await keys.press("Enter");
  await ada.sees("three!");
  await expect(ada.room.message("three!")).toBeFocused();
});
