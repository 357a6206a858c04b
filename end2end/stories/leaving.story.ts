// What was read is not lost when the reader leaves, on every way out, with and without a live socket.
import type { Page } from "@playwright/test";
import { SignInPage } from "../pages/entrance";
import { SettingsPage } from "../pages/settings";
import type { People, Person, Tab } from "../fixtures/people";
import { BROKEN_WIRE, REFUSED } from "../fixtures/quiet";
import { RealWindow } from "../fixtures/real_window";
import { storedUnread } from "../fixtures/stored";
import { expect, test as base } from "../fixtures/test";

const ROOM = "garden";
const MARK_READ = "/api/mark_read";
const SIZES = [
  { name: "a desk", viewport: { width: 1280, height: 800 } },
  { name: "a phone", viewport: { width: 390, height: 844 } },
];
const EARLIER = ["The tulips are out", "So are the snails", "It is wet"];
/** Comes while Ada reads the others: it has been on screen for 0.8 s before the marker's interval is over. */
const LATE = "Bring your boots";
/** A row is read after 0.8 s on screen; a few frames pass before it counts as being there. */
const READ_MS = 900;
const FRAMES = 4;

type Size = { width: number; height: number };
/** Ada reads in a window of her own, with a session of its own; `ada` is another browser of hers. */
type Scene = { ada: Person; bo: Person; reader: RealWindow; garden: string; general: string };

const test = base.extend<{ window: RealWindow; wiredWindow: RealWindow }>({
  window: async ({ server, quiet }, use) => {
    const window = await RealWindow.open(server.url, quiet);
    await use(window);
    await window.close();
  },
  wiredWindow: async ({ wire, quiet }, use) => {
    const window = await RealWindow.open(wire.url, quiet);
    await use(window);
    await window.close();
  },
});

/** Bo has said a few things in a room of Ada's that she has not opened since. */
async function misses(people: People, reader: RealWindow, viewport: Size): Promise<Scene> {
  const ada = await people.owner("Ada Lovelace");
  const general = ada.room.address;
  const bo = await people.joins("Bo Diddley", ada);
  await ada.createsRoom(ROOM);
  await ada.adds(bo);
  const garden = ada.room.address;
  await ada.goes("/settings");
  await bo.goes(garden);
  for (const text of EARLIER) await bo.says(text);
  await reader.signsIn(ada, viewport);
  return { ada, bo, reader, garden, general };
}

/** Returns when a message was on screen for long enough to be read, and no later. */
async function reads(page: Page, text: string): Promise<void> {
  await page.evaluate(
    async ({ text, ms, frames }) => {
      const frame = () => new Promise(requestAnimationFrame);
      const rows = () => [...document.querySelectorAll<HTMLElement>("#log article")];
      while (!rows().some((row) => row.innerText.includes(text))) await frame();
      for (let count = 0; count < frames; count++) await frame();
      const since = performance.now();
      while (performance.now() - since < ms) await frame();
    },
    { text, ms: READ_MS, frames: FRAMES },
  );
}

/** Back to the list of rooms, which is a screen of its own on a phone. */
async function findsSidebar(tab: Tab): Promise<void> {
  if (await tab.sidebar.navigation.isVisible()) return;
  await tab.page.getByRole("main").getByRole("link", { name: "Rooms" }).click();
  await expect(tab.sidebar.navigation).toBeVisible();
}

async function signsOut(tab: Tab): Promise<void> {
  await findsSidebar(tab);
  await tab.page.locator("summary.menu__open").click();
  await new SettingsPage(tab.page).signOut.click();
}

/** The ways in which a page is hidden or ends. */
const GONE: Record<string, (scene: Scene) => Promise<void>> = {
  "hiding the window": ({ reader }) => reader.minimizes(),
  "going to a page of forms": ({ reader }) => reader.tab.goes("/settings"),
  "being frozen": ({ reader }) => reader.freezes(),
  "signing out": async ({ reader }) => {
    await signsOut(reader.tab);
    await expect(new SignInPage(reader.page).submit).toBeVisible();
  },
  "closing the tab": ({ reader }) => reader.page.close({ runBeforeUnload: true }),
};

for (const { name, viewport } of SIZES) {
  test(`on ${name} what was on screen is told before the socket closes, by going to another room`, async ({
    people,
    quiet,
    wire,
    wiredWindow,
  }) => {
    quiet.expects(BROKEN_WIRE);
    const { ada, bo, reader, garden } = await misses(people, wiredWindow, viewport);
    const { tab } = reader;
    await tab.opens(ROOM);
    const read = reads(reader.page, LATE);
    await bo.writes(LATE);
    await read;
    await findsSidebar(tab);
    await tab.sidebar.room("general").click();
    await tab.room.isOpen("general");
    // From here on nothing more can leave, for the page stays and is not hidden.
    wire.shutsSockets();
    await expect(tab.connection.trouble).toBeVisible();
    expect(await storedUnread(ada.context, garden)).toBe(0);
    await findsSidebar(tab);
    await tab.sidebar.counts(ROOM, 0);
  });

  for (const [way, leaves] of Object.entries(GONE)) {
    test(`on ${name} what was on screen is told before the socket closes, by ${way}`, async ({ people, window }) => {
      const scene = await misses(people, window, viewport);
      const { ada, bo, reader, garden } = scene;
      await reader.tab.opens(ROOM);
      const read = reads(reader.page, LATE);
      await bo.writes(LATE);
      await read;
      await leaves(scene);
      await expect.poll(() => storedUnread(ada.context, garden)).toBe(0);
    });
  }
}

test.describe("without a live socket", () => {
  for (const [way, leaves] of Object.entries(GONE)) {
    test(`what was on screen is told by a question that outlives the page, by ${way}`, async ({
      people,
      quiet,
      wire,
      wiredWindow,
    }) => {
      quiet.expects(BROKEN_WIRE);
      const scene = await misses(people, wiredWindow, SIZES[0]!.viewport);
      const { ada, reader, garden } = scene;
      wire.shutsSockets();
      await reader.tab.goes(garden);
      await expect(reader.tab.connection.trouble).toBeVisible();
      await reads(reader.page, EARLIER.at(-1)!);
      expect(await storedUnread(ada.context, garden), "nothing could tell it yet").toBe(EARLIER.length);
      await leaves(scene);
      await expect.poll(() => storedUnread(ada.context, garden)).toBe(0);
    });
  }

  test("what one user has read is never told of another one who has the browser by now", async ({
    people,
    quiet,
    wire,
    wiredWindow,
  }) => {
    quiet.expects(BROKEN_WIRE, REFUSED);
    const { ada, bo, reader, garden, general } = await misses(people, wiredWindow, SIZES[0]!.viewport);
    // Bo has not read the room either: Cy speaks there after him.
    await bo.goes("/settings");
    await ada.goes(general);
    const cy = await people.joins("Cy Twombly", ada);
    await ada.goes(garden);
    await ada.adds(cy);
    await ada.goes("/settings");
    await cy.goes(garden);
    for (const text of ["I am new here", "What a garden"]) await cy.says(text);
    const bosUnread = await storedUnread(bo.context, garden);
    const adasUnread = await storedUnread(ada.context, garden);
    expect(bosUnread).toBeGreaterThan(0);
    expect(adasUnread).toBeGreaterThan(0);

    wire.shutsSockets();
    await reader.tab.goes(garden);
    await expect(reader.tab.connection.trouble).toBeVisible();
    await reads(reader.page, "What a garden");
    const adas = await reader.context.cookies();
    await becomes(reader, wire.url, await bo.context.cookies());
    const answer = reader.page.waitForResponse((response) => response.url().endsWith(MARK_READ));
    await reader.minimizes();
    expect((await answer).ok(), "the server refuses it").toBe(false);
    expect(await storedUnread(bo.context, garden)).toBe(bosUnread);
    expect(await storedUnread(ada.context, garden)).toBe(adasUnread);

    // The page kept the refused marker. With Ada's own cookie the server accepts it.
    await becomes(reader, wire.url, adas);
    await reader.freezes();
    await expect.poll(() => storedUnread(ada.context, garden)).toBe(0);
    expect(await storedUnread(bo.context, garden)).toBe(bosUnread);
  });

  test("signing out waits no longer than a second for a server that does not answer", async ({
    people,
    quiet,
    wire,
    wiredWindow,
  }) => {
    quiet.expects(BROKEN_WIRE);
    const { reader, garden } = await misses(people, wiredWindow, SIZES[0]!.viewport);
    const { page } = reader;
    await page.route(`**${MARK_READ}`, () => {});
    wire.shutsSockets();
    await reader.tab.goes(garden);
    await expect(reader.tab.connection.trouble).toBeVisible();
    await reads(page, EARLIER.at(-1)!);
    const asked = page.waitForRequest((request) => request.url().endsWith(MARK_READ));
    const left = page.waitForRequest((request) => request.url().endsWith("/sign-out"));
    await signsOut(reader.tab);
    await asked;
    const from = Date.now();
    await left;
    const waited = Date.now() - from;
    expect(waited, "it waits for the answer").toBeGreaterThan(500);
    expect(waited).toBeLessThan(2_000);
    await expect(new SignInPage(page).submit).toBeVisible();
  });
});

/** The browser has another session from here on. */
async function becomes(window: RealWindow, url: string, cookies: { name: string; value: string }[]): Promise<void> {
  await window.context.clearCookies();
  await window.context.addCookies(cookies.map(({ name, value }) => ({ name, value, url })));
}
