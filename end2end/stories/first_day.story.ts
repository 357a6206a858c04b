import { SetupPage, SignInPage } from "../pages/entrance";
import { SettingsPage } from "../pages/settings";
import { REFUSED } from "../fixtures/quiet";
import { expect, test } from "../fixtures/test";

test("an empty server asks for its first account, once", { tag: "@fast" }, async ({ people, quiet }) => {
  const ada = await people.visitor("Ada Lovelace");
  await ada.goes("/");
  await expect(ada.page).toHaveURL("/setup");
  const setup = new SetupPage(ada.page);
  await setup.create(ada.name, ada.username, ada.password);
  await ada.isInside();
  await ada.opens("general");

  quiet.expects(REFUSED);
  const late = await people.visitor("Late Comer");
  await late.page.goto("/setup");
  await expect(new SetupPage(late.page).submit).toHaveCount(0);
});

test("a wrong password says so, and the right one leads to where one wanted to go", async ({ people, quiet }) => {
  quiet.expects(REFUSED);
  const ada = await people.owner("Ada Lovelace");
  const general = ada.room.address;

  await ada.goes("/settings");
  await new SettingsPage(ada.page).signOut.click();
  await expect(ada.page).toHaveURL(/\/sign-in/);

  await ada.page.goto(general);
  const signIn = new SignInPage(ada.page);
  await ada.isReady();
  await signIn.signIn(ada.username, "not the password");
  await expect(signIn.username).toHaveValue(ada.username);
  await expect(signIn.password).toHaveValue("");

  await signIn.signIn(ada.username, ada.password);
  await ada.room.isOpen("general");
});
