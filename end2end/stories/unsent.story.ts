// What was written and not sent yet: it outlives its page, is sent once, and is nobody else's.
import type { Page } from "@playwright/test";
import { SignInPage } from "../pages/entrance";
import { SettingsPage } from "../pages/settings";
import { Tab } from "../fixtures/people";
import { BROKEN_WIRE } from "../fixtures/quiet";
import { expect, test } from "../fixtures/test";

const STAYS = "Unsent messages stay in this tab, also when it is reloaded. Closing the tab loses them.";
const THREE = ["Unsent one", "Unsent two", "Unsent three"];
const SIZES = [
  { name: "a desk", viewport: { width: 1280, height: 800 } },
  { name: "a phone", viewport: { width: 390, height: 844 } },
];

/** Answers every question of the browser before a page goes, and counts them. */
class Questions {
  asked = 0;
  stay = false;

  constructor(page: Page) {
    page.on("dialog", async (dialog) => {
      expect(dialog.type()).toBe("beforeunload");
      this.asked += 1;
      await (this.stay ? dialog.dismiss() : dialog.accept());
    });
  }
}

const kept = (page: Page) =>
  page.evaluate(() => Object.keys(sessionStorage).filter((name) => name.startsWith("outbox ")).length);

for (const { name, viewport } of SIZES) {
  test(`on ${name} what is unsent goes through a reload and pages of forms, and is sent once in its order`, async ({
    people,
    quiet,
    wire,
  }) => {
    quiet.expects(BROKEN_WIRE);
    const bo = await people.owner("Bo Diddley");
    const ada = await people.joins("Ada Lovelace", bo, { viewport, baseURL: wire.url });
    const questions = new Questions(ada.page);
    await ada.reloads();
    await ada.says("Before");
    const room = ada.room.address;
    expect(questions.asked).toBe(0);

    wire.shutsSockets();
    await expect(ada.connection.trouble).toBeVisible();
    for (const text of THREE) await ada.writes(text);
    await expect(ada.room.message("Unsent three")).toContainText("Waiting for network");
    await expect(ada.page.getByText(STAYS)).toBeVisible();
    expect(await kept(ada.page)).toBe(3);

    await ada.reloads();
    expect(questions.asked).toBe(1);
    await expect.poll(() => ada.room.order(THREE)).toEqual(THREE);
    await expect(ada.room.message("Unsent one")).toContainText(/Waiting for network|Sending/);

    // Our own links lose nothing, so nobody is asked.
    await ada.page.getByRole("main").getByRole("link", { name: "People" }).click();
    await expect(ada.page).toHaveURL(/\/people$/);
    await ada.isReady();
    const back = ada.page.getByRole("link", { name: "Back" }).or(ada.sidebar.room("general"));
    await back.filter({ visible: true }).first().click();
    await ada.isReady();
    await expect.poll(() => ada.room.order(THREE)).toEqual(THREE);
    expect(questions.asked).toBe(1);
    await expect(bo.room.message("Unsent one")).toHaveCount(0);

    // The socket comes back beside a page of forms, which sends what waits.
    await ada.goes("/settings");
    expect(await kept(ada.page)).toBe(3);
    await wire.opensSockets(ada.context);
    await bo.sees("Unsent three");
    expect(await bo.room.order(THREE)).toEqual(THREE);
    await expect.poll(() => kept(ada.page)).toBe(0);

    const asked = questions.asked;
    await ada.goes(room);
    for (const person of [ada, bo]) {
      await expect.poll(() => person.room.order(["Before", ...THREE])).toEqual(["Before", ...THREE]);
    }
    await expect(ada.room.message("Unsent three")).not.toContainText(/Waiting for network|Sending/);
    await expect(ada.page.getByText(STAYS)).toBeHidden();
    expect(questions.asked).toBe(asked);
  });
}

test("written offline and reloaded without a network, everything is sent once when there is one", async ({
  people,
  quiet,
}) => {
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo);
  new Questions(ada.page);
  const room = ada.room.address;
  await ada.context.setOffline(true);
  await expect(ada.connection.offline).toBeVisible();
  for (const text of THREE) await ada.writes(text);
  await expect(ada.room.message("Unsent three")).toContainText("Waiting for network");
  await ada.page.reload().catch(() => {});
  await ada.context.setOffline(false);
  await ada.goes(room);
  for (const person of [ada, bo]) await expect.poll(() => person.room.order(THREE)).toEqual(THREE);
  await ada.reloads();
  expect(await ada.room.order(THREE)).toEqual(THREE);
});

test("the browser asks before the tab closes while something is unsent, and not afterwards", async ({
  people,
  quiet,
  wire,
}) => {
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  const questions = new Questions(ada.page);
  questions.stay = true;
  await ada.reloads();
  wire.shutsSockets();
  await ada.writes("Do not lose me");
  await expect(ada.room.message("Do not lose me")).toContainText(/Waiting for network|Sending/);
  await ada.page.close({ runBeforeUnload: true });
  await expect.poll(() => questions.asked).toBe(1);
  await ada.sees("Do not lose me");

  await wire.opensSockets(ada.context);
  await bo.sees("Do not lose me");
  await expect.poll(() => kept(ada.page)).toBe(0);
  const closed = ada.page.waitForEvent("close");
  await ada.page.close({ runBeforeUnload: true });
  await closed;
  expect(questions.asked).toBe(1);
});

test("a duplicated tab sends nothing twice", async ({
  people,
  quiet,
  wire,
}) => {
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  new Questions(ada.page);
  await ada.reloads();
  wire.shutsSockets();
  for (const text of THREE) await ada.writes(text);
  expect(await kept(ada.page)).toBe(3);

  // As "Duplicate tab" does, the browser gives the new tab a copy of this one's storage.
  const opening = ada.context.waitForEvent("page");
  await ada.page.evaluate((path) => void window.open(path), ada.room.address);
  const copy = new Tab(await opening);
  await copy.isReady();
  expect(await kept(copy.page)).toBe(3);
  await expect.poll(() => copy.room.order(THREE)).toEqual(THREE);

  await wire.opensSockets(ada.context);
  for (const tab of [bo, ada, copy]) {
    await expect(tab.room.message("Unsent three")).not.toContainText(/Waiting for network|Sending|Not sent/);
    await expect.poll(() => tab.room.order(THREE)).toEqual(THREE);
    await expect(tab.room.messages.filter({ hasText: "Unsent" })).toHaveCount(3);
  }
  for (const tab of [ada, copy]) await expect.poll(() => kept(tab.page)).toBe(0);
});

test("what one account has not sent is never another's, and waits for its own", async ({
  people,
  quiet,
  wire,
}) => {
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  const questions = new Questions(ada.page);
  await ada.reloads();
  const stored = () => ada.page.evaluate(() => JSON.stringify({ ...sessionStorage }));

  // Her session ends, and she comes back: what she wrote is sent.
  wire.shutsSockets();
  await ada.writes("Only mine");
  await ada.context.clearCookies();
  await wire.opensSockets(ada.context);
  await ada.signsIn();
  await bo.sees("Only mine");

  // She signs out with something unsent: the browser asks, and she may stay.
  await ada.opens("general");
  wire.shutsSockets();
  await ada.writes("Never yours");
  expect(await kept(ada.page)).toBe(1);
  const second = await ada.opensTab("/");
  questions.stay = true;
  const asked = questions.asked;
  const signOut = async () => {
    await ada.page.locator("summary.menu__open").click();
    await new SettingsPage(ada.page).signOut.click();
  };
  await signOut();
  await expect.poll(() => questions.asked).toBe(asked + 1);
  expect(await kept(ada.page)).toBe(1);
  await second.opens("general");
  questions.stay = false;
  await new SettingsPage(ada.page).signOut.click();
  for (const page of [ada.page, second.page]) await expect(new SignInPage(page).submit).toBeVisible();
  await second.page.close();
  expect(await stored()).toBe("{}");

  // Another one signs in where her session ended by itself.
  await ada.signsIn();
  await ada.opens("general");
  await ada.writes("Nor this one");
  expect(await kept(ada.page)).toBe(1);
  await ada.context.clearCookies();
  await ada.goes("/sign-in");
  await new SignInPage(ada.page).signIn(bo.username, bo.password);
  await ada.isInside();
  await ada.opens("general");
  await wire.opensSockets(ada.context);
  await ada.says("I am Bo here");
  for (const text of ["Never yours", "Nor this one"]) {
    await expect(ada.page.getByText(text)).toHaveCount(0);
    await expect(bo.room.message(text)).toHaveCount(0);
  }
  await expect.poll(() => kept(ada.page)).toBe(0);
});

test("a user who stays instead of signing out is still signed in once the message is sent, in every tab", async ({ people, quiet, wire }) => {
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  const questions = new Questions(ada.page);
  questions.stay = true;
  await ada.reloads();
  await ada.createsRoom("garden");
  await ada.room.composer.fill("A draft that stays");
  await ada.opens("general");
  const second = await ada.opensTab("/");
  wire.shutsSockets();
  await ada.writes("Sent after all");
  await expect.poll(() => kept(ada.page)).toBe(1);
  await ada.page.locator("summary.menu__open").click();
  await new SettingsPage(ada.page).signOut.click();
  await expect.poll(() => questions.asked).toBe(1);

  await wire.opensSockets(ada.context);
  await bo.sees("Sent after all");
  await expect.poll(() => kept(ada.page)).toBe(0);
  await ada.page.locator("summary.menu__open").press("Escape");
  await ada.reloads();
  await ada.opens("garden");
  await expect(ada.room.composer).toHaveValue("A draft that stays");
  await second.opens("general");
  await second.sees("Sent after all");
});

test("the title of a page of forms has the unread number, and follows it", async ({ people }) => {
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo);
  const still = await people.joins("Cy Twombly", bo, { javaScriptEnabled: false });
  for (const person of [ada, still]) {
    await person.goes("/settings");
    await expect(person.page).toHaveTitle("Settings · Whilst");
  }
  await bo.says("One");
  await expect(ada.page).toHaveTitle("(1) Settings · Whilst");
  await bo.says("Two");
  await expect(ada.page).toHaveTitle("(2) Settings · Whilst");
  for (const person of [ada, still]) {
    await person.goes("/new-room");
    await expect(person.page).toHaveTitle("(2) New room · Whilst");
  }
});
