// What a press costs until it is painted, and a message from its arrival, on a phone's processor.
// The main thread's own time is counted, and not the wait for the next display frame.
import type { Browser } from "@playwright/test";
import { brake } from "../fixtures/brake";
import type { Person } from "../fixtures/people";
import { figure, quantile } from "./figures";
import { type Marks, setMarks, spent } from "./spent";
import { ROOM, ROUNDS, test } from "./test";

const HEARD = 100;

test("an interaction to its paint", async ({ browser, reader }, info) => {
  info.setTimeout(120_000);
  const { page } = reader;
  await page.addInitScript(setMarks);
  await page.addInitScript(markInteractions);
  await page.addInitScript(markRooms);
  await reader.reloads();
  const links = page.getByRole("navigation", { name: "Rooms" }).locator(".room-link__text");
  const other = (await links.allInnerTexts()).find((name) => name !== ROOM)!;
  // Both rooms are held from here on.
  await reader.opens(other);
  await reader.opens(ROOM);

  const rounds = await slower(browser, reader, (round) => walk(reader, other, round));
  const presses = rounds.map((all) => all.filter(([name]) => name.startsWith("press")).map(([, ms]) => ms));
  await figure(
    info,
    "an interaction to its paint (INP), CPU ×4",
    presses.map((all) => quantile(all, 0.98)),
    `p98 of ${presses[0]?.length}; median ${quantile(presses.flat(), 0.5).toFixed(1)}`,
  );
  const rooms = rounds.map((all) => all.filter(([name]) => name.startsWith("room")).map(([, ms]) => ms));
  await figure(info, "another room, from the press to its paint, CPU ×4", rooms.map((all) => quantile(all, 0.5)));
});

/** Types, sends, opens and closes the actions of a message, scrolls, goes to another room and comes back. */
async function walk(reader: Person, other: string, round: number): Promise<void> {
  const { page, room } = reader;
  const text = `A thought of round ${round}`;
  // Each press is one by itself, as nobody's fingers are quicker than a frame; and what looks for its outcome does so
  // on the page's own thread, so it waits until that is painted.
  const painted = () => page.evaluate(() => (globalThis as unknown as { marks: Marks }).marks.painted());
  const press = async (key: string) => {
    await page.keyboard.press(key);
    await painted();
  };
  const opens = async (name: string) => {
    await reader.sidebar.room(name).click();
    await painted();
    await room.isOpen(name);
    await reader.isReady();
  };
  await room.composer.click();
  for (const key of text) await press(key);
  await press("Enter");
  await reader.sees(text);
  for (let turn = 0; turn < 2; turn++) {
    await room.opensActions(text);
    await press("Escape");
    await page.mouse.wheel(0, -400);
    await page.mouse.wheel(0, 400);
    await opens(other);
    await opens(ROOM);
  }
}

/** In the page: from the first event that a press makes to the end of the frame that follows. */
function markInteractions(): void {
  const { marks } = globalThis as unknown as { marks: Marks };
  let count = 0;
  let waits = false;
  const begin = () => {
    if (waits) return;
    waits = true;
    const name = `press ${++count}`;
    marks.begin(name);
    void marks.painted().then(() => {
      marks.end(name);
      waits = false;
    });
  };
  for (const type of ["pointerdown", "click", "keydown"]) addEventListener(type, begin, { capture: true });
}

/** In the page: from the press on a room's link until its messages are painted. */
function markRooms(): void {
  const { marks } = globalThis as unknown as { marks: Marks };
  let count = 0;
  const press = async ({ target }: Event) => {
    const link = (target as Element).closest(".room-link");
    if (!link) return;
    const name = `room ${++count}`;
    const before = document.querySelector(".room__log");
    marks.begin(name);
    await marks.until(() => {
      const log = document.querySelector(".room__log");
      return log !== before && !!log?.querySelector("article");
    });
    await marks.painted();
    marks.end(name);
  };
  addEventListener("click", (event) => void press(event), { capture: true });
}

const SEEN_WITHIN_MS = 5_000;

test("receive to paint", async ({ browser, reader, speaker }, info) => {
  info.setTimeout(120_000);
  const { page } = reader;
  await page.addInitScript(setMarks);
  await page.addInitScript(markFrames);
  await reader.reloads();
  const rounds = await slower(browser, reader, async (round) => {
    for (let nth = 0; nth < HEARD; nth++) {
      const text = `Heard ${round}-${nth}.`;
      const painted = page.evaluate((text) => (globalThis as unknown as { hears: (text: string) => Promise<void> }).hears(text), text);
      await speaker.says(text);
      // One that is never seen is one less; that it is seen at all is for the stories to say. The time is a bound on the
      // wait for it, and no wait: what is painted ends it.
      await Promise.race([painted, page.waitForTimeout(SEEN_WITHIN_MS)]);
    }
  });
  await figure(
    info,
    "receive to paint, p95, CPU ×4",
    rounds.map((all) => quantile(all.map(([, ms]) => ms), 0.95)),
    `of ${rounds[0]?.length}; median ${quantile(rounds.flat().map(([, ms]) => ms), 0.5).toFixed(1)}`,
  );
});

/** In the page: from the arrival of the frame that holds a text until its row is painted. */
function markFrames(): void {
  const { marks } = globalThis as unknown as { marks: Marks };
  const decoder = new TextDecoder("latin1");
  let awaited = "";
  globalThis.WebSocket = class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      // The first listener of all: the program has not done anything yet.
      this.addEventListener("message", ({ data }) => {
        if (awaited && data instanceof ArrayBuffer && decoder.decode(data).includes(awaited)) marks.begin(awaited);
      });
    }
  };
  const hears = async (text: string) => {
    awaited = text;
    const bodies = document.querySelector(".room__log")!.getElementsByTagName("article");
    await marks.until(() => {
      // Who comes in lands at what is unread, and what is heard then may be far below what is drawn.
      document.querySelector<HTMLElement>(".room__jump")?.click();
      return bodies[bodies.length - 1]?.textContent?.includes(text) ?? false;
    });
    awaited = "";
    await marks.painted();
    marks.end(text);
  };
  Object.assign(globalThis, { hears });
}

/** What was spent in each round, as on a phone. */
async function slower(browser: Browser, { page }: Person, run: (round: number) => Promise<void>): Promise<[string, number][][]> {
  const rounds: [string, number][][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const slower = await brake(browser);
    const all = await spent(browser, page, () => run(round));
    rounds.push(all.map(([name, ms]) => [name, ms * slower]));
  }
  return rounds;
}
