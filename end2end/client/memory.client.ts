// What a tab keeps when it is used for long: rooms are switched and messages heard, and the second half
// of that must not cost more than the first.
import type { CDPSession, Page } from "@playwright/test";
import { figure } from "./figures";
import { test } from "./test";

/** Twice so many: messages are said some at once, and after each lot the reader goes to another room and back. */
const HALF = 1000;
const AT_ONCE = 20;

type Kept = { bytes: number; wasm: number; nodes: number; listeners: number };

test("what a tab keeps", async ({ reader, speaker }, info) => {
  info.setTimeout(180_000);
  const { page } = reader;
  await page.addInitScript(watchMemory);
  await reader.reloads();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const links = await page.locator(".sidebar__rooms a[href^='/r/']").evaluateAll((all) => all.map((link) => link.getAttribute("href")!));
  const others = links.filter((address) => address !== reader.room.address);

  const half = async (name: string): Promise<Kept> => {
    const batches = HALF / AT_ONCE;
    for (let batch = 0; batch < batches; batch++) {
      const texts = Array.from({ length: AT_ONCE }, (_, nth) => `Heard in the ${name}, ${batch * AT_ONCE + nth}.`);
      await Promise.all(texts.map((text) => speaker.says(text)));
      await page.evaluate(switchRooms, [others[batch % others.length]!, reader.room.address]);
      if (batch === batches - 1) {
        // Who comes into a room lands at what is new, and the end of that may not be drawn.
        const jump = page.locator(".room__jump");
        if (await jump.isVisible()) await jump.click();
        await reader.sees(texts.at(-1)!);
      }
    }
    return kept(page, session);
  };

  const first = await half("first half");
  const second = await half("second half");
  const growth = (part: keyof Kept) => [Math.max(0, (second[part] / first[part] - 1) * 100)];
  const mb = (bytes: number) => (bytes / 1_000_000).toFixed(1);
  const note = (part: keyof Kept) => `${first[part]}, then ${second[part]}`;
  await figure(info, "heap and WASM, 200 switches and 2,000 heard", [second.bytes / 1_000_000], `of it WASM ${mb(second.wasm)}`);
  await figure(info, "heap and WASM, growth of the second half", growth("bytes"), note("bytes"));
  await figure(info, "nodes, growth of the second half", growth("nodes"), note("nodes"));
  await figure(info, "listeners, growth of the second half", growth("listeners"), note("listeners"));
});

/** After what nobody holds any more was collected. */
async function kept(page: Page, session: CDPSession): Promise<Kept> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  const wasm = await page.evaluate(() => (globalThis as unknown as { memory: WebAssembly.Memory }).memory.buffer.byteLength);
  return { bytes: usedSize + wasm, wasm, nodes, listeners: jsEventListeners };
}

/** In the page: each of these rooms is opened by its link, and has its messages on the screen. */
async function switchRooms(addresses: string[]): Promise<void> {
  for (const address of addresses) {
    document.querySelector<HTMLAnchorElement>(`.sidebar__rooms a[href="${address}"]`)?.click();
    const isOpen = () =>
      document.querySelector(".sidebar__rooms [aria-current=page]")?.getAttribute("href") === address &&
      document.querySelector(".room__log article");
    while (!isOpen()) await new Promise(requestAnimationFrame);
  }
}

/** In the page: keeps the program's memory within reach, which nothing else exports. */
function watchMemory(): void {
  const keep = ({ instance }: WebAssembly.WebAssemblyInstantiatedSource) =>
    Object.assign(globalThis, { memory: instance.exports.memory });
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...given) => {
    const source = await instantiateStreaming(...given);
    keep(source);
    return source;
  };
}
