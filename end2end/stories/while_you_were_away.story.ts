import { type People, type Person, Tab } from "../fixtures/people";
import { expect, SHORT_ABSENCE, test } from "../fixtures/test";

const ABSENCE_MS = 1_500;
const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};

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
    await expect(back.card.line(`while you were away, in ${bo.name}`)).toContainText(/(?<!\d)3(?!\d)/);
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
    await expect(back.card.card).toContainText("12 messages");

    await back.card.jumpToMention.click();
    await back.room.isOpen("garden");
    await expect(back.card.card, "whoever opens a room reads it").toBeHidden();
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
    await expect(back.card.card, "the card does not lie over its own walk").toBeHidden();
    await back.sees("It is wet");
    await back.sidebar.counts("garden", 0);
  });

  test("catching up may begin on a page of forms, and survives a reload", async ({ people }) => {
    const { ada, bo } = await inFourRooms(people);
    await missesTwelve(ada, bo);

    const back = await ada.opensTab("/settings");
    const walk = back.page.getByRole("group", { name: "Catch up" });
    await back.sidebar.catchUp.click();
    await back.room.isOpen("garden");
    await expect(walk).toContainText("room 1 of 3");
    await expect(back.card.card, "the page that it leads to has no card over the room").toBeHidden();
    await back.isReady();
    await walk.getByRole("button", { name: "Keep unread" }).click();
    await expect(walk).toContainText("room 2 of 3");
    await back.reloads();
    await expect(walk).toContainText("room 2 of 3");
  });

  test("a mention that arrives while one is here makes no card", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    const left = Date.now();
    await ada.closesTab();
    await expect.poll(() => Date.now() - left).toBeGreaterThan(ABSENCE_MS);

    const back = await ada.opensTab(landing);
    await bo.opens("garden");
    await bo.says("@ada are you here?");
    await back.sidebar.counts("garden", 1, 1);
    await expect(back.card.card).toBeHidden();
    await back.reloads();
    await back.sidebar.counts("garden", 1, 1);
    await expect(back.card.card).toBeHidden();
  });

  test("a card does not grow", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    await missesTwelve(ada, bo);

    const back = await ada.opensTab(landing);
    await expect(back.card.card).toContainText("12 messages");
    const before = await back.card.card.innerText();
    await bo.opens("garden");
    await bo.says("@ada one more thing");
    await back.sidebar.counts("garden", 6, 2);
    expect(await back.card.card.innerText()).toBe(before);
    await back.reloads();
    await back.sidebar.counts("garden", 6, 2);
    await expect(back.card.card).toContainText("12 messages");
  });

  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`a folded card stays folded, and forms have none, ${size}`, async ({ people }) => {
      const { ada, bo, landing } = await inFourRooms(people);
      await missesTwelve(ada, bo);

      const back = new Tab(await ada.context.newPage());
      await back.page.setViewportSize(viewport);
      await back.goes(landing);
      await back.card.line("kitchen").getByRole("link").click();
      await back.room.isOpen("kitchen");
      await expect(back.card.card).toBeHidden();
      await back.reloads();
      await back.sees("Soup at seven");
      await expect(back.card.card).toBeHidden();

      for (const path of ["/settings", "/new-room", `${landing}/people`]) {
        await back.goes(path);
        await expect(back.card.card).toHaveCount(0);
      }
      await back.goes("/");
      await expect(back.card.card, "the home page has it").toBeVisible();
      await expect(back.card.line("garden")).toBeVisible();
      await back.goes(landing);
      await expect(back.card.card).toBeHidden();
    });
  }

  test("the numbers of the card and of all that is unread cannot be confused", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    await missesTwelve(ada, bo);
    const first = await ada.opensTab(landing);
    await expect(first.card.card).toContainText("12 messages");
    await first.sidebar.counts("garden", 5, 1);
    const left = Date.now();
    await first.page.close();
    await bo.opens("kitchen");
    await bo.says("Who took the ladle?");
    await expect.poll(() => Date.now() - left).toBeGreaterThan(ABSENCE_MS);

    const back = await ada.opensTab(landing);
    await expect(back.card.card).toContainText("1 message ");
    await expect(back.card.line("kitchen")).toContainText("1 while you were away, in kitchen");
    await back.sidebar.counts("kitchen", 5);
    await expect(back.sidebar.catchUp).toHaveAccessibleName("Catch up · 13 unread in 3 rooms");
    await back.goes("/");
    await expect(back.card.card).toContainText("1 message ");
    await expect(back.page.getByText(/^Catch up/), "in the list of rooms and on the card").toHaveCount(2);
    await back.card.dismiss.click();
    const home = back.page.getByRole("main").getByRole("link", { name: /^Catch up/ });
    await expect(home).toHaveAccessibleName("Catch up · 13 unread in 3 rooms");
  });

  test("with scripts off the page that brings one back has the card", async ({ people }) => {
    const { ada, bo, landing } = await inFourRooms(people);
    await missesTwelve(ada, bo);
    const plain = await people.visitor(ada.name, { javaScriptEnabled: false });
    await plain.signsIn();
    await plain.goes(landing);
    await expect(plain.card.card).toContainText("12 messages");
    await bo.opens("garden");
    await bo.says("@ada one more thing");
    await plain.reloads();
    await expect(plain.card.card).toContainText("12 messages");
    await plain.sidebar.counts("garden", 6, 2);
    await plain.goes("/settings");
    await expect(plain.card.card).toHaveCount(0);
    await plain.goes("/");
    await plain.card.dismiss.click();
    await expect(plain.card.card).toHaveCount(0);
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
    await expect(back.card.card).toContainText("12 messages in 3 rooms, 1 mention");
  });
});
