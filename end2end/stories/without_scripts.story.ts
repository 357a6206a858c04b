import { PeoplePage } from "../pages/people";
import { SignInPage } from "../pages/entrance";
import { SettingsPage } from "../pages/settings";
import { REFUSED } from "../fixtures/quiet";
import { expect, test } from "../fixtures/test";

const BODY_MAX_BYTES = 16 * 1024;

test("with scripts off one signs in, reads, sends, leaves and signs out", { tag: "@fast" }, async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  await ada.createsRoom("garden");
  await ada.says("Who reads this?");
  const bo = await people.joins("Bo Diddley", ada, { javaScriptEnabled: false });
  await ada.adds(bo);

  await bo.page.context().clearCookies();
  await bo.signsIn();
  await bo.opens("garden");
  await bo.sees("Who reads this?");
  await bo.says("I do, by plain paper");
  await expect(bo.room.composer).toHaveValue("");
  await ada.sees("I do, by plain paper");

  await ada.says("How does it feel?");
  await bo.reloads();
  await bo.sees("How does it feel?");

  const gardeners = new PeoplePage(bo.page);
  await bo.goes(`${bo.room.address}/people`);
  await gardeners.leave.click();
  await expect(bo.sidebar.navigation).toBeVisible();
  await expect(bo.sidebar.room("garden")).toHaveCount(0);

  await bo.goes("/settings");
  await new SettingsPage(bo.page).signOut.click();
  await expect(new SignInPage(bo.page).submit).toBeVisible();
});

test("with scripts off a refused text is shown again", async ({ people, quiet }) => {
  quiet.expects(REFUSED);
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada, { javaScriptEnabled: false });

  const tooLong = "a long word ".repeat(BODY_MAX_BYTES / 12 + 1).trim();
  await bo.writes(tooLong);
  await expect(bo.room.composer).toHaveValue(tooLong);
  await expect(bo.page.getByRole("alert")).toBeVisible();
  await expect(bo.room.messages.filter({ hasText: "a long word" })).toHaveCount(0);

  await bo.says("Shorter, then");
  await expect(bo.room.composer).toHaveValue("");
  await ada.sees("Shorter, then");
});

test("with scripts off the log opens at its end, and at what is new", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada, { javaScriptEnabled: false });
  for (let count = 1; count <= 30; count++) await bo.says(`Leaf number ${count}`);
  await bo.reloads();
  await expect(bo.room.message("Leaf number 30")).toBeInViewport();
  await expect(bo.room.message("Leaf number 2")).not.toBeInViewport();

  for (let count = 1; count <= 30; count++) await ada.says(`Branch number ${count}`);
  await bo.reloads();
  await expect(bo.room.divider).toBeInViewport();
  await bo.room.markAsRead.click();
  await expect(bo.room.divider).toHaveCount(0);
  await expect(bo.room.message("Branch number 30")).toBeInViewport();
});

test("a form that is sent twice makes one message", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada, { javaScriptEnabled: false });
  await bo.says("Only once");
  await bo.reloads();
  await expect(bo.room.message("Only once")).toHaveCount(1);
  await expect(ada.room.message("Only once")).toHaveCount(1);
});
