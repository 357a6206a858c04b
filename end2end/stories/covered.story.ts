// What lies behind the away card is not read, and a folded card is in nobody's way.
import type { Locator } from "@playwright/test";
import { type People, type Person, Tab } from "../fixtures/people";
import { storedUnread } from "../fixtures/stored";
import { expect, SHORT_ABSENCE, test } from "../fixtures/test";

const ABSENCE_MS = 1_500;
const SIZES = [
  { name: "a desk", viewport: { width: 1280, height: 800 } },
  { name: "a phone", viewport: { width: 390, height: 844 } },
];
/** Longer than a row must be on screen to be read, and its marker to be counted. */
const READ_MS = 2_500;
/** A row that was on screen for less is not read. */
const GLANCE_MAX_MS = 750;
/** Longer than rows are left alone by the page, so that it looks at them late. */
const BUSY_MS = 1_500;
/** A card that nobody points at folds after 20 s. */
const FOLDS_MAX_MS = 23_000;
/** In the room that Ada comes back to, fewer than a screen of them. */
const COUNT = 18;

type Size = { width: number; height: number };
type Scene = { ada: Person; bo: Person; back: Tab; general: string };

/** Ada was away; Bo has said much in "general", and a little in two rooms, which are on her card. */
async function misses(people: People, viewport: Size): Promise<Scene> {
  const ada = await people.owner("Ada Lovelace");
  const general = ada.room.address;
  const bo = await people.joins("Bo Diddley", ada);
  for (const name of ["garden", "kitchen"]) {
    await ada.createsRoom(name);
    await ada.adds(bo);
  }
  await ada.goes(general);
  // A page that goes before its socket is open counts as present for a minute.
  await ada.says("Back in a while");
  const left = Date.now();
  await ada.closesTab();
  await bo.opens("garden");
  await bo.says("The tulips are out");
  await bo.says("@ada bring the lantern");
  await bo.opens("kitchen");
  await bo.says("Soup at seven");
  await bo.opens("general");
  for (let n = 1; n <= COUNT; n++) await bo.says(`message ${n}`);
  await expect.poll(() => Date.now() - left, "long enough for an absence").toBeGreaterThan(ABSENCE_MS);
  const back = new Tab(await ada.context.newPage());
  await back.page.setViewportSize(viewport);
  return { ada, bo, back, general };
}

/** What of Bo's messages a person sees: where the page ends them, and where the card lies over them. */
type Seen = {
  /** How many are in the window, covered or not. */
  inWindow: number;
  /** Those that the card covers, by their numbers. */
  covered: number[];
};

async function seen(tab: Tab): Promise<Seen> {
  return tab.page.evaluate(() => {
    const log = document.getElementById("log")!.getBoundingClientRect();
    const card = document.getElementById("away")?.getBoundingClientRect();
    const overlap = (from: number, to: number, start: number, end: number) => Math.min(to, end) - Math.max(from, start);
    const found = { inWindow: 0, covered: [] as number[] };
    for (const row of document.querySelectorAll<HTMLElement>("#log article")) {
      const n = Number(/message (\d+)/.exec(row.innerText)?.[1]);
      const { left, right, top, bottom, height } = row.getBoundingClientRect();
      if (!n || overlap(top, bottom, log.top, log.bottom) < height / 2) continue;
      found.inWindow += 1;
      const isBeside = !card || overlap(left, right, card.left, card.right) <= 2;
      if (!isBeside && overlap(top, bottom, card.top, card.bottom) > 2) found.covered.push(n);
    }
    return found;
  });
}

/** So much time passes in front of the page. */
async function passes(tab: Tab, ms: number): Promise<void> {
  const now = await tab.page.evaluate(() => performance.now());
  await tab.page.waitForFunction((until) => performance.now() > until, now + ms);
}

/** Lands in the room with the card over some of what is unread in it; gives how much stays unread behind it. */
async function landsBehindCard({ ada, back, general }: Scene): Promise<number> {
  await back.goes(general);
  await expect(back.card.card).toBeVisible();
  await expect(back.room.divider).toBeInViewport();
  const { inWindow, covered } = await seen(back);
  expect(inWindow, "fewer than a screen").toBe(COUNT);
  expect(covered.length, "the card covers something").toBeGreaterThan(0);
  // Only what is read without a hole moves the marker.
  const stays = COUNT - Math.min(...covered) + 1;
  await expect.poll(() => storedUnread(ada.context, general), "what is above the card is read").toBe(stays);
  await passes(back, READ_MS);
  expect(await storedUnread(ada.context, general), "what is behind the card is not").toBe(stays);
  return stays;
}

/** Nothing lies over the middle of any of them. Asked at once: what one reads takes buttons of the walk away. */
async function arePressable(controls: Locator): Promise<void> {
  const areOnTop = () =>
    controls.evaluateAll((elements) =>
      elements.map((element) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const found = document.elementFromPoint(left + width / 2, top + height / 2);
        return found !== null && element.contains(found);
      }),
    );
  await expect(controls).not.toHaveCount(0);
  expect(await areOnTop(), `nothing lies over ${controls}`).not.toContain(false);
}

test.use({ settings: SHORT_ABSENCE });

for (const { name, viewport } of SIZES) {
  test(`on ${name} what lies behind the card stays unread until the card is dismissed`, async ({ people }) => {
    const scene = await misses(people, viewport);
    const { ada, back, general } = scene;
    const stays = await landsBehindCard(scene);
    if (name === "a desk") expect(stays, "there are rows above the card").toBeLessThan(COUNT);
    await back.card.dismiss.click();
    await expect(back.card.card).toBeHidden();
    await expect.poll(() => storedUnread(ada.context, general)).toBe(0);
  });

  test(`on ${name} what lay behind the card needs its own time once the card is gone`, async ({ people }) => {
    const scene = await misses(people, viewport);
    const { ada, back, general } = scene;
    const stays = await landsBehindCard(scene);
    // A busy page looks at its rows late. What is counted at once is what it took for read by then.
    const glance = async ({ general, busyMs }: { general: string; busyMs: number }) => {
      const frame = () => new Promise(requestAnimationFrame);
      const dismiss = document.querySelector<HTMLElement>("#away form[action='/away/dismiss'] button")!;
      const until = performance.now() + busyMs;
      while (performance.now() < until);
      const since = performance.now();
      dismiss.click();
      while (document.getElementById("away")) await frame();
      for (let count = 0; count < 3; count++) await frame();
      const link = document.querySelector<HTMLElement>(`.room-link[href="${general}"]`)!;
      const unread = Number(/(\d+) unread/.exec(link.textContent)?.[1] ?? 0);
      return { unread, ms: performance.now() - since };
    };
    const { unread, ms } = await back.page.evaluate(glance, { general, busyMs: BUSY_MS });
    expect(ms, "less than a row must be on screen to be read").toBeLessThan(GLANCE_MAX_MS);
    expect(unread).toBe(stays);
    await expect.poll(() => storedUnread(ada.context, general), "with its time it is read").toBe(0);
  });

  test(`on ${name} a card that folded by "Catch up" is out of the way of its walk`, async ({ people }) => {
    const { back, general } = await misses(people, viewport);
    await back.goes(general);
    await back.card.catchUp.click();
    await back.room.isOpen("garden");
    const walk = back.page.getByRole("group", { name: "Catch up" });
    const isOutOfTheWay = async () => {
      await expect(back.card.card).toBeHidden();
      await arePressable(back.room.send);
      await arePressable(walk.getByRole("button"));
    };
    await isOutOfTheWay();
    await back.reloads();
    await isOutOfTheWay();
    await walk.getByRole("button", { name: /^(Keep unread|Next: )/ }).click();
    await back.room.isOpen("kitchen");
    await isOutOfTheWay();
    await back.reloads();
    await isOutOfTheWay();

    for (const path of ["/settings", "/new-message", "/admin", `${general}/people`]) {
      await back.goes(path);
      await expect(back.card.card).toHaveCount(0);
    }
    await back.goes(general);
    await expect(back.card.card).toBeHidden();
    await arePressable(back.room.send);
  });
}

test("what lies behind the card is read once the card folds by itself", async ({ people }) => {
  test.slow();
  const scene = await misses(people, SIZES[1]!.viewport);
  const { ada, back, general } = scene;
  const stays = await landsBehindCard(scene);
  expect(stays).toBe(COUNT);
  await expect(back.card.card).toBeHidden({ timeout: FOLDS_MAX_MS });
  await expect.poll(() => storedUnread(ada.context, general)).toBe(0);
});

test("a card that came over from a tab that was closed folds by itself as well", async ({ people }) => {
  test.slow();
  const { ada, back, general } = await misses(people, SIZES[0]!.viewport);
  await back.goes(general);
  await expect(back.card.card).toBeVisible();
  const second = await ada.opensTab(general);
  await expect(second.card.card, "one tab has the card").toBeHidden();
  await back.page.close();
  await expect(second.card.card).toBeVisible();
  await expect(second.card.card).toBeHidden({ timeout: FOLDS_MAX_MS });
  // Folded and not gone: the home page still has it.
  await second.goes("/");
  await expect(second.card.card).toBeVisible();
});

test("what lies behind the card of a linked message stays unread", async ({ people }) => {
  const scene = await misses(people, SIZES[0]!.viewport);
  const { ada, bo, back, general } = scene;
  await back.goes(await bo.room.permalink(`message ${COUNT}`));
  await expect(back.card.card).toBeVisible();
  await expect(back.room.message(`message ${COUNT}`)).toBeInViewport();
  const { covered } = await seen(back);
  expect(covered.length).toBeGreaterThan(0);
  const stays = COUNT - Math.min(...covered) + 1;
  await expect.poll(() => storedUnread(ada.context, general)).toBe(stays);
  await passes(back, READ_MS);
  expect(await storedUnread(ada.context, general)).toBe(stays);
  await back.card.dismiss.click();
  await expect.poll(() => storedUnread(ada.context, general)).toBe(0);
});

test("what lies behind the panel of a message on a phone stays unread until it is closed", async ({ people }) => {
  const { ada, bo, back, general } = await misses(people, SIZES[1]!.viewport);
  await back.goes(general);
  await back.card.dismiss.click();
  await expect.poll(() => storedUnread(ada.context, general)).toBe(0);
  await back.room.opensActions(`message ${COUNT}`);
  await bo.says("Behind the panel");
  await expect(back.room.message("Behind the panel")).toBeVisible();
  await passes(back, READ_MS);
  expect(await storedUnread(ada.context, general)).toBe(1);
  await back.page.keyboard.press("Escape");
  await expect(back.room.actions).toBeHidden();
  await expect.poll(() => storedUnread(ada.context, general)).toBe(0);
});

test("a toast lies over no row at the end of the list", async ({ people }) => {
  const { ada, bo, back, general } = await misses(people, SIZES[0]!.viewport);
  await back.goes(general);
  await back.card.dismiss.click();
  await expect(back.card.card).toBeHidden();
  await back.page.evaluate(() => {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.textContent = "A new version is ready. ".repeat(4);
    document.querySelector(".notices")!.append(toast);
  });
  await bo.says("Beside the toast");
  await expect(back.room.message("Beside the toast")).toBeVisible();
  await expect.poll(() => storedUnread(ada.context, general)).toBe(0);
});
