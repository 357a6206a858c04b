// From the address to a page that is seen, and to one that answers, on a middling phone and a slow network.
import type { Browser, BrowserContextOptions, Page } from "@playwright/test";
import { brake } from "../fixtures/brake";
import { isReady } from "../pages/ready";
import { figure } from "./figures";
import { stamp, traced } from "./spent";
import { ROUNDS, signedIn, slowed, test } from "./test";

/** The usual mobile preset: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const PHONE: BrowserContextOptions = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75, isMobile: true, hasTouch: true };

type Start = { paint: number; usable: number; blocked: number; shift: number };

test("the entrance on a phone", async ({ browser, server }, info) => {
  const starts: Start[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const context = await browser.newContext(PHONE);
    starts.push(await started(browser, await context.newPage(), `${server.url}/sign-in`));
    await context.close();
  }
  await figure(info, "/sign-in on a phone: largest paint", of(starts, "paint"));
});

test("a room on a phone", async ({ browser, reader, server }, info) => {
  const starts: Start[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const context = await signedIn(reader.context, PHONE);
    starts.push(await started(browser, await context.newPage(), server.url + reader.room.address));
    await context.close();
  }
  await figure(info, "a room on a phone: largest paint", of(starts, "paint"));
  await figure(info, "a room on a phone: usable", of(starts, "usable"));
  await figure(info, "a room on a phone: blocked until usable", of(starts, "blocked"));
  await figure(info, "a room on a phone: layout shift", of(starts, "shift"));
});

test("a room that the program takes over", async ({ browser, reader, server }, info) => {
  const context = await signedIn(reader.context, PHONE);
  const styled = await styledAgain(browser, await context.newPage(), server.url + reader.room.address);
  await context.close();
  await figure(info, "a room taken over: elements styled again", [styled]);
});

function of(starts: Start[], part: keyof Start): number[] {
  return starts.map((start) => start[part]);
}

async function started(browser: Browser, page: Page, address: string): Promise<Start> {
  await slowed(page, await brake(browser));
  await narrowed(page);
  await page.addInitScript(watch);
  await page.goto(address);
  await isReady(page);
  return page.evaluate(() => {
    // The browser stops looking for the largest paint at the first input, of which there was none.
    const { start } = globalThis as unknown as { start: Start };
    return start;
  });
}

async function narrowed(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", NETWORK);
}

/** From the first paint until the page answers, by hundred of its elements: no clock has a part in it. */
async function styledAgain(browser: Browser, page: Page, address: string): Promise<number> {
  await narrowed(page); // The program comes long after the first paint.
  await page.addInitScript(tellReady);
  const events = await traced(browser, page, ["devtools.timeline", "loading"], async () => {
    await page.goto(address);
    await isReady(page);
  });
  const ready = events.find((event) => stamp(event) === "ready");
  const painted = events.find(({ name, pid }) => name === "firstContentfulPaint" && pid === ready?.pid);
  if (!ready || !painted) throw new Error("No room was painted and then taken over.");
  const styled = events
    .filter(({ name, pid, ts }) => name === "UpdateLayoutTree" && pid === ready.pid && ts > painted.ts && ts < ready.ts)
    .reduce((sum, { args }) => sum + (args?.elementCount ?? 0), 0);
  return (styled / (await page.locator("*").count())) * 100;
}

/** Runs in the page, before anything of it. */
function tellReady(): void {
  new MutationObserver(() => {
    if (document.documentElement.dataset.ready === "1") console.timeStamp("ready");
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-ready"] });
}

/** Runs in the page, before anything of it. */
function watch(): void {
  const LONG_MS = 50;
  const start = { paint: 0, usable: 0, blocked: 0, shift: 0 };
  Object.assign(globalThis, { start });
  const observe = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("largest-contentful-paint", (entry) => (start.paint = entry.startTime));
  observe("layout-shift", (entry) => (start.shift += (entry as PerformanceEntry & { value: number }).value));
  observe("longtask", (entry) => (start.blocked += Math.max(0, entry.duration - LONG_MS)));
  new MutationObserver(() => {
    if (document.documentElement.dataset.ready === "1") start.usable ||= performance.now();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-ready"] });
}
