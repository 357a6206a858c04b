// What the page's main thread has spent between two marks, by the kernel's clock of that thread: a neighbour
// on the same processor changes how long everything takes, but hardly this.
import type { Browser, Page } from "@playwright/test";

const BEGIN = "spent-begin:";
const END = "spent-end:";

/** Times are microseconds: `ts` of the clock, `tts` of the thread itself. */
export type Traced = {
  name: string;
  pid: number;
  tid: number;
  ts: number;
  tts?: number;
  args?: { elementCount?: number; data?: { message?: string; name?: string } };
};

/** What the browser did meanwhile, in the order in which it began. */
export async function traced(browser: Browser, page: Page, categories: string[], run: () => Promise<void>): Promise<Traced[]> {
  await browser.startTracing(page, { categories });
  await run();
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: Traced[] };
  return traceEvents.sort((a, b) => a.ts - b.ts);
}

/** What a `console.timeStamp` of the page said. */
export function stamp({ name, args }: Traced): string | undefined {
  return name === "TimeStamp" ? (args?.data?.message ?? args?.data?.name) : undefined;
}

/** Milliseconds of the main thread by the name of each pair of marks that was set meanwhile. */
export async function spent(browser: Browser, page: Page, run: () => Promise<void>): Promise<[string, number][]> {
  const begun = new Map<string, number>();
  const all: [string, number][] = [];
  for (const event of await traced(browser, page, ["devtools.timeline"], run)) {
    const said = stamp(event);
    if (said === undefined) continue;
    const { tts } = event;
    if (tts === undefined) throw new Error(`The stamp ${said} has no time of its thread.`);
    if (said.startsWith(BEGIN)) begun.set(said.slice(BEGIN.length), tts);
    const from = begun.get(said.slice(END.length));
    if (said.startsWith(END) && from !== undefined) all.push([said.slice(END.length), (tts - from) / 1000]);
  }
  return all;
}

/** Put into a page before anything of it; `marks` is what a page's own code calls. */
export function setMarks(): void {
  const marks = {
    begin: (name: string) => console.timeStamp(`spent-begin:${name}`),
    end: (name: string) => console.timeStamp(`spent-end:${name}`),
    /** After the next display frame: the next task after it, which no timer overtakes, has its style, layout and paint behind it. */
    painted: () =>
      new Promise<void>((done) => {
        const { scheduler } = globalThis as unknown as { scheduler: { postTask(task: () => void, how: { priority: string }): void } };
        requestAnimationFrame(() => scheduler.postTask(done, { priority: "user-blocking" }));
      }),
    /** When something of the page has changed so that this holds. */
    until: (holds: () => boolean) =>
      new Promise<void>((done) => {
        if (holds()) return done();
        const observer = new MutationObserver(() => {
          if (!holds()) return;
          observer.disconnect();
          done();
        });
        observer.observe(document, { subtree: true, childList: true, attributes: true });
      }),
  };
  Object.assign(globalThis, { marks });
}

export type Marks = { begin(name: string): void; end(name: string): void; painted(): Promise<void>; until(holds: () => boolean): Promise<void> };
