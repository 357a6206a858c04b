// Unseen is not read: whoever opens a room with much unread lands at the first of it, and what
// was never on the screen stays unread, on every way into the room.
import { expect, type Page } from "@playwright/test";
import type { People, Person, Tab } from "../fixtures/people";
import { BROKEN_WIRE } from "../fixtures/quiet";
import { storedUnread } from "../fixtures/stored";
import { SHORT_ABSENCE, test } from "../fixtures/test";

const ROOM = "garden";
const FAST: Record<string, string> = {
  ...SHORT_ABSENCE,
  WHILST_LIMITS_COMMANDS_BURST: "1000",
  WHILST_LIMITS_COMMANDS_PER_SECOND: "1000",
};
const SIZES = [
  { name: "a desk", viewport: { width: 1280, height: 800 } },
  { name: "a phone", viewport: { width: 390, height: 844 } },
];
/** As many as a browser has connections to one server. */
const POSTS_AT_ONCE = 6;
/** Longer than a row must be on screen to be read, and its marker to be counted. */
const READ_MS = 2_000;
/** At the lower edge rows are cut off or behind a button, and a post may have overtaken others. */
const EDGE_ROWS = 8;
/** Less than a phone's window, so that no row is passed. */
const SCROLL_PX = 400;
/** So that the next row does not fill half of the window yet. */
const LINES = Array.from({ length: 14 }, (_, n) => `line ${n}`).join("\n");
/** Nearly as long as a text may be: many windows of a phone. */
const LONG = "This story does not end soon. ".repeat(540).trim();
/** Rows of a page that is fetched as one reads. */
const MORE_THAN_A_PAGE = 60;

const CATCH_UP = "/api/catch_up";

test.use({ settings: FAST, trace: "off" });

/** Sends many messages by the form, numbered from one; the first is the first and the last is the last. */
async function saysMany(page: Page, room: string, count: number): Promise<void> {
  await page.evaluate(
    async ({ room, count, atOnce }) => {
      const key = (n: number) => {
        const now = Date.now().toString(16).padStart(12, "0");
        return `${now}7000${"8" + n.toString(16).padStart(15, "0")}`;
      };
      const says = async (n: number) => {
        const body = new URLSearchParams({ client_key: key(n), body: `message ${n}` });
        const answer = await fetch(room, { method: "POST", body, redirect: "manual" });
        if (answer.type !== "opaqueredirect") throw new Error(`message ${n}: ${answer.status}`);
      };
      await says(1);
      let next = 2;
      const saysOn = async () => {
        while (next < count) await says(next++);
      };
      await Promise.all(Array.from({ length: atOnce }, saysOn));
      await says(count);
    },
    { room, count, atOnce: POSTS_AT_ONCE },
  );
}

type Scene = { bo: Person; readers: Person[]; garden: string };

/** The readers have read what there was and closed their tabs; Bo is in front of the room. */
async function leave(people: People, ...viewports: Size[]): Promise<Scene> {
  const bo = await people.owner("Bo Diddley");
  const readers: Person[] = [];
  for (const [nth, viewport] of viewports.entries()) {
    readers.push(await people.joins(["Ada Lovelace", "Cy Twombly"][nth]!, bo, { viewport }));
  }
  await bo.createsRoom(ROOM);
  await bo.adds(...readers);
  const garden = bo.room.address;
  for (const reader of readers) await reader.closesTab();
  await bo.goes(garden);
  return { bo, readers, garden };
}

/** The same, and Bo has said this much since. */
async function misses(people: People, count: number, ...viewports: Size[]): Promise<Scene> {
  const scene = await leave(people, ...viewports);
  await saysMany(scene.bo.page, scene.garden, count);
  return scene;
}

type Size = { width: number; height: number };

/** The first unread message is on screen under the divider. */
async function landsAtFirst(tab: Tab): Promise<void> {
  await expect(tab.room.divider).toBeInViewport();
  await expect(tab.room.message("message 1")).toBeInViewport();
}

/** The last message that was on screen, by its number. */
async function lastInView(tab: Tab): Promise<number> {
  return tab.page.evaluate(() => {
    const list = document.getElementById("log")!.getBoundingClientRect();
    const rows = [...document.querySelectorAll<HTMLElement>("#log article")];
    const seen = rows.filter((row) => row.getBoundingClientRect().top < list.bottom);
    return Math.max(...seen.map((row) => Number(/message (\d+)/.exec(row.innerText)?.[1] ?? 0)));
  });
}

/** Time passes in front of the room; what stays unread is what was not on the screen. */
async function readsAScreen(tab: Tab, count: number): Promise<void> {
  const seen = await lastInView(tab);
  expect(seen).toBeLessThan(count);
  await expect
    .poll(() => unread(tab), { message: "what was on screen is read" })
    .toBeLessThan(count);
  await tab.page.waitForFunction((ms) => performance.now() > ms, (await tab.page.evaluate(() => performance.now())) + READ_MS);
  const left = await unread(tab);
  expect(left, "no more than was on screen").toBeGreaterThanOrEqual(count - seen - 1);
}

/** What the server has stored of the room that is open. */
const unread = (tab: Tab) => storedUnread(tab.page.context(), tab.room.address);

/** Each way into the room leads to its first unread message, and only what was on screen is read. */
async function goesEveryWay(reader: Person, garden: string, count: number): Promise<void> {
  const byLink = await reader.opensTab(garden);
  await landsAtFirst(byLink);
  await readsAScreen(byLink, count);
  await byLink.reloads();
  await expect(byLink.room.divider).toBeInViewport();
  await byLink.page.close();

  const bySidebar = await reader.opensTab("/");
  await bySidebar.sidebar.room(ROOM).filter({ visible: true }).first().click();
  await bySidebar.room.isOpen(ROOM);
  await expect(bySidebar.room.divider).toBeInViewport();
  await bySidebar.page.close();

  const byWalk = await catchesUp(reader);
  await expect(byWalk.page.getByRole("group", { name: "Catch up" })).toContainText(/\d left/);
  await byWalk.page.close();
}

async function catchesUp(reader: Person): Promise<Tab> {
  const tab = await reader.opensTab("/");
  await tab.page.getByRole("link", { name: /^Catch up/ }).or(tab.card.catchUp).first().click();
  await tab.room.isOpen(ROOM);
  await expect(tab.room.divider).toBeInViewport();
  return tab;
}

for (const { name, viewport } of SIZES) {
  for (const count of [40, 60, 500]) {
    test(`on ${name} a room with ${count} unread opens at the first of them by sidebar, link, reload and walk`, async ({
      people,
    }) => {
      test.setTimeout(120_000);
      const { readers, garden } = await misses(people, count, viewport);
      await goesEveryWay(readers[0]!, garden, count);
    });
  }
}

test("five thousand unread: every way leads to the first of them, and skipping ahead is explicit", async ({ people }) => {
  test.setTimeout(240_000);
  const count = 5_000;
  const { readers, garden } = await misses(people, count, ...SIZES.map((size) => size.viewport));
  for (const reader of readers) await goesEveryWay(reader, garden, count);

  const tab = await readers[0]!.opensTab(garden);
  await expect(tab.room.divider).toBeInViewport();

  await tab.page.getByRole("button", { name: /Newest|new$/ }).click();
  await expect(tab.room.message(`message ${count}`)).toBeInViewport();
  const skipped = tab.page.getByRole("group", { name: "Unread above" });
  await expect(skipped).toContainText(/4,9\d\d unread above/);
  expect(await unread(tab), "skipping reads nothing").toBeGreaterThan(4_900);

  await skipped.getByRole("button", { name: "Go to first" }).click();
  await expect(tab.room.divider).toBeInViewport();
  expect(await lastInView(tab)).toBeLessThan(100);

  await tab.page.getByRole("button", { name: /Newest|new$/ }).click();
  await skipped.getByRole("button", { name: "Mark as read" }).click();
  await expect(skipped).toBeHidden();
  await tab.sidebar.counts(ROOM, 0);
  await expect.poll(() => unread(tab)).toBe(0);

  // The walk goes on page by page as one reads, says how much is left, and ends when one has enough.
  const byWalk = await catchesUp(readers[1]!);
  const walk = byWalk.page.getByRole("group", { name: "Catch up" });
  const left = async () => Number((await walk.getByText(/^[\d,]+ left$/).innerText()).replace(/\D/g, ""));
  const before = await left();
  // A row that leaves the screen too soon is not read, and nothing after it is.
  await expect.poll(left).toBeLessThan(before);
  await byWalk.page.locator("#log").hover();
  const readsOn = async () => {
    await byWalk.page.mouse.wheel(0, SCROLL_PX);
    return left();
  };
  await expect.poll(readsOn, { intervals: [READ_MS], timeout: 60_000 }).toBeLessThan(before - MORE_THAN_A_PAGE);
  await walk.getByRole("button", { name: "Mark the rest as read" }).click();
  await expect.poll(() => unread(byWalk)).toBe(0);
});

test("a room opened before the catch-up is answered opens at the first message that it brings", async ({
  people,
  quiet,
  wire,
}) => {
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  await bo.createsRoom(ROOM);
  await bo.adds(ada);
  await ada.opens(ROOM);
  await bo.says("Before");
  await ada.sees("Before");
  await ada.opens("general");

  wire.shutsSockets();
  await saysMany(bo.page, bo.room.address, 40);
  let answer = () => {};
  const isAnswered = new Promise<void>((done) => (answer = done));
  await ada.page.route(`**${CATCH_UP}`, async (route) => {
    await isAnswered;
    await route.continue();
  });
  const asked = ada.page.waitForRequest((request) => request.url().endsWith(CATCH_UP));
  await wire.opensSockets(ada.context);
  await asked;
  await ada.sidebar.room(ROOM).click();
  await ada.room.isOpen(ROOM);
  await expect(ada.room.messages).toHaveCount(0);
  answer();
  await landsAtFirst(ada);
});

for (const { name, viewport } of SIZES) {
  test(`on ${name} a text higher than the window is read by scrolling through it, and so is what follows`, async ({
    people,
  }) => {
    test.slow();
    const { bo, readers, garden } = await leave(people, viewport);
    for (const text of [LINES, LONG, "The end"]) await bo.writes(text);
    await bo.sees("The end");
    const tab = await readers[0]!.opensTab(garden);
    await expect(tab.room.divider).toBeInViewport();
    await expect.poll(() => unread(tab), "the first one is read where the room opens").toBe(2);
    await tab.page.locator("#log").hover();
    const readsOn = async () => {
      await tab.page.mouse.wheel(0, SCROLL_PX);
      return unread(tab);
    };
    await expect.poll(readsOn, { intervals: [100], timeout: 60_000 }).toBe(0);
  });
}

test("what was on screen is read also when the reader leaves at once", async ({ people }) => {
  const { readers, garden } = await misses(people, 60, SIZES[0]!.viewport);
  const tab = await readers[0]!.opensTab(garden);
  await landsAtFirst(tab);
  // A row is read after 0.8 s; the marker would leave up to a second later.
  await tab.page.waitForFunction((until) => performance.now() > until, (await tab.page.evaluate(() => performance.now())) + 900);
  const seen = await lastInView(tab);
  await tab.page.close({ runBeforeUnload: true });
  await expect.poll(() => storedUnread(readers[0]!.context, garden)).toBeLessThanOrEqual(60 - seen + EDGE_ROWS);
});
