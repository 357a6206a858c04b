import type { People, Person } from "../fixtures/people";
import { expect, SHORT_ABSENCE, test } from "../fixtures/test";

const ABSENCE_MS = 1_500;

const SAID = {
  garden: ["The tulips are out", "So are the snails", "@ada bring the lantern", "And your boots", "It is wet"],
  kitchen: ["Soup at seven", "There is bread", "No more salt", "I found some"],
  direct: ["Are you there?", "Call me", "It can wait"],
};

/** Ada and Bo in four rooms, and Ada in the one in which nothing will be said. */
async function inFourRooms(people: People): Promise<{ ada: Person; bo: Person; landing: string }> {
  const ada = await people.owner("Ada Lovelace");
  const landing = ada.room.address;
  const bo = await people.joins("Bo Diddley", ada);
  for (const name of ["garden", "kitchen"]) {
    await ada.createsRoom(name);
    await ada.adds(bo);
  }
  await bo.writesTo(ada);
  await bo.says("Hello there");
  await ada.opens(bo.name);
  await ada.sees("Hello there");
  // A glance is no reading: she stays until it counts as read.
  await ada.sidebar.counts(bo.name, 0);
  await ada.opens("general");
  return { ada, bo, landing };
}

/** Ada closes her only tab; Bo says twelve things in three rooms, one of them to her by name. */
async function missesTwelve(ada: Person, bo: Person): Promise<void> {
  const left = Date.now();
  await ada.closesTab();
  await bo.opens("garden");
  for (const text of SAID.garden) await bo.says(text);
  await bo.opens("kitchen");
  for (const text of SAID.kitchen) await bo.says(text);
  await bo.opens(ada.name);
  for (const text of SAID.direct) await bo.says(text);
  await expect.poll(() => Date.now() - left, "long enough for an absence").toBeGreaterThan(ABSENCE_MS);
}

test.describe("after a long absence", () => {
  test.use({ settings: SHORT_ABSENCE });

  test("the card is exact, and leads to the mention", { tag: "@fast" }, async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    await missesTwelve(ada, bo);

    const back = await ada.opensTab(landing);
    await expect(back.card.card).toBeVisible();
    await expect(back.card.card.getByRole("listitem")).toHaveCount(3);
    await expect(back.card.line("garden")).toContainText(/(?<!\d)5(?!\d)/);
    await expect(back.card.line("garden")).toContainText("bring the lantern");
    await expect(back.card.line(`unread in ${bo.name}`)).toContainText(/(?<!\d)3(?!\d)/);
    await expect(back.card.line("kitchen")).toContainText(/(?<!\d)4(?!\d)/);
    // Bo's name stands in every line, before his words; only one line is his own.
    const rooms = await back.card.card.getByRole("listitem").allInnerTexts();
    expect(rooms.map((text) => ["garden", "kitchen", bo.name].find((room) => text.includes(room)))).toEqual([
      "garden",
      bo.name,
      "kitchen",
    ]);
    await back.sidebar.counts("garden", 5, 1);
    await back.sidebar.counts("kitchen", 4);
    await back.sidebar.counts(bo.name, 3);
    await back.sidebar.counts("general", 0);
    await expect(back.page).toHaveTitle(/\d/);

    await back.card.jumpToMention.click();
    await back.room.isOpen("garden");
    const mention = back.room.message("@ada bring the lantern");
    await expect(mention).toBeInViewport();
    await expect(back.page).toHaveURL(/\/r\/[^/]+\/\d+$/);
    await expect(back.room.divider).toHaveCount(1);
  });

  test("dismissed once, it is gone in every tab and after a reload", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    await missesTwelve(ada, bo);

    const first = await ada.opensTab(landing);
    await expect(first.card.card).toBeVisible();
    await first.card.dismiss.click();
    await expect(first.card.card).toBeHidden();

    const second = await ada.opensTab(landing);
    await bo.opens("general");
    // What comes live after the return shows that the tab knows everything before it.
    for (const [tab, text] of [
      [second, "Is anybody here?"],
      [first, "Somebody must be"],
    ] as const) {
      await bo.says(text);
      await tab.sees(text);
      await expect(tab.card.card).toBeHidden();
      await tab.sidebar.counts("garden", 5, 1);
    }

    await first.reloads();
    await bo.says("Good night then");
    await first.sees("Good night then");
    await expect(first.card.card).toBeHidden();
  });

  test("catching up walks the unread rooms until none is left", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    await missesTwelve(ada, bo);

    const back = await ada.opensTab(landing);
    await back.card.catchUp.click();
    await back.room.isOpen("garden");
    await back.sees("It is wet");
    await back.sidebar.counts("garden", 0);
    await expect(back.card.line("garden")).toHaveCount(0);
  });

  test("catching up may begin on a page of forms, and survives a reload", async ({ people }) => {
    const { ada, bo } = await inFourRooms(people);
    await missesTwelve(ada, bo);

    const back = await ada.opensTab("/settings");
    const walk = back.page.getByRole("group", { name: "Catch up" });
    await back.card.catchUp.click();
    await back.room.isOpen("garden");
    await expect(walk).toContainText("room 1 of 3");
    await back.isReady();
    await walk.getByRole("button", { name: "Keep unread" }).click();
    await expect(walk).toContainText("room 2 of 3");
    await back.reloads();
    await expect(walk).toContainText("room 2 of 3");
  });

  test("nothing missed, nothing shown", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    const left = Date.now();
    await ada.closesTab();
    await expect.poll(() => Date.now() - left).toBeGreaterThan(ABSENCE_MS);

    const back = await ada.opensTab(landing);
    await bo.opens("general");
    await bo.says("You came at the right moment");
    await back.sees("You came at the right moment");
    await expect(back.card.card).toBeHidden();
  });
});

test.describe("after a short absence", () => {
  test.use({ settings: { WHILST_AWAY_MIN_ABSENCE_SECONDS: "1" } });

  test("the card is one line with the same numbers", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    await missesTwelve(ada, bo);

    const back = await ada.opensTab(landing);
    await expect(back.card.card).toBeVisible();
    await expect(back.card.card.getByRole("listitem")).toHaveCount(0);
    await expect(back.card.card).toContainText(/(?<!\d)12(?!\d)/);
    await expect(back.card.card).toContainText("3 rooms");
    await expect(back.card.card).toContainText("1 mention");
  });
});
