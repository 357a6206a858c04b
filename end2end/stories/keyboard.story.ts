import type { Locator, Page } from "@playwright/test";
import { SignInPage } from "../pages/entrance";
import { SettingsPage } from "../pages/settings";
import { expect, SHORT_ABSENCE, test } from "../fixtures/test";

test.use({ settings: SHORT_ABSENCE });

const TABS_MAX = 80;

/** Tabs until the focus is there, and sees the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let tabs = 0; tabs < TABS_MAX; tabs++) {
    if (await target.evaluate((element) => element === document.activeElement)) {
      const seen = await target.evaluate((element) => {
        // A field may show it on the box around it.
        const around = [element, element.parentElement ?? element];
        const marked = around.map((shown) => getComputedStyle(shown));
        return (
          element.matches(":focus-visible") &&
          marked.some(({ outlineStyle, boxShadow }) => outlineStyle !== "none" || boxShadow !== "none")
        );
      });
      expect(seen, "the focus can be seen").toBe(true);
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`Not reached in ${TABS_MAX} tabs: ${target}`);
}

test("a whole visit without a mouse", async ({ people }) => {
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo);
  const landing = ada.room.address;
  await bo.createsRoom("garden");
  await bo.adds(ada);
  await bo.opens("garden");
  await ada.context.clearCookies();
  const left = Date.now();
  await ada.closesTab();
  await bo.says("@ada bring the lantern");
  await expect.poll(() => Date.now() - left).toBeGreaterThan(1_500);

  const tab = await ada.opensTab(landing);
  const keys = tab.page.keyboard;
  const signIn = new SignInPage(tab.page);
  await tabTo(tab.page, signIn.username);
  await keys.type(ada.username);
  await tabTo(tab.page, signIn.password);
  await keys.type(ada.password);
  await keys.press("Enter");
  await tab.isInside();

  await tabTo(tab.page, tab.card.jumpToMention);
  await keys.press("Enter");
  await tab.room.isOpen("garden");
  await tab.sees("@ada bring the lantern");

  await tabTo(tab.page, tab.room.composer);
  await keys.type("On my way");
  await keys.press("Enter");
  await tab.sees("On my way");
  await bo.sees("On my way");
  await expect(tab.room.composer).toBeFocused();

  await tabTo(tab.page, tab.sidebar.room("general"));
  await keys.press("Enter");
  await tab.room.isOpen("general");

  await tab.goes("/settings");
  await tabTo(tab.page, new SettingsPage(tab.page).signOut);
  await keys.press("Enter");
  await expect(new SignInPage(tab.page).submit).toBeVisible();
});

test("Escape puts the card away, and the focus back", async ({ people }) => {
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo);
  const landing = ada.room.address;
  await bo.createsRoom("garden");
  await bo.adds(ada);
  await bo.opens("garden");
  const left = Date.now();
  await ada.closesTab();
  await bo.says("The tulips are out");
  await expect.poll(() => Date.now() - left).toBeGreaterThan(1_500);

  const tab = await ada.opensTab(landing);
  await tab.room.composer.focus();
  await expect(tab.card.card).toBeVisible();
  await expect(tab.room.composer, "a card does not take the focus").toBeFocused();
  await tab.page.keyboard.press("F6");
  await tab.page.keyboard.press("Escape");
  await expect(tab.card.card).toBeHidden();
  await expect(tab.room.composer).toBeFocused();
});
