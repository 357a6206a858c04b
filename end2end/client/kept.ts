// What a tab keeps in memory, and the use that must not make it keep more.
import type { CDPSession, Page } from "@playwright/test";

export type Kept = { bytes: number; wasm: number; nodes: number; listeners: number };

/** Of a page that [watchMemory] was put into before anything of it. */
export class Keeper {
  private constructor(
    private readonly page: Page,
    private readonly session: CDPSession,
  ) {}

  static async of(page: Page): Promise<Keeper> {
    return new Keeper(page, await page.context().newCDPSession(page));
  }

  /** After what nobody holds any more was collected. */
  async kept(): Promise<Kept> {
    await this.session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.session.send("Runtime.getHeapUsage");
    const { nodes, jsEventListeners } = await this.session.send("Memory.getDOMCounters");
    const wasm = await this.page.evaluate(() => (globalThis as unknown as { memory: WebAssembly.Memory }).memory.buffer.byteLength);
    return { bytes: usedSize + wasm, wasm, nodes, listeners: jsEventListeners };
  }
}

/** How much more, in hundredths, and never less than nothing. */
export function growth(before: Kept, after: Kept, part: keyof Kept): number {
  return Math.max(0, (after[part] / before[part] - 1) * 100);
}

/** The addresses of the rooms in the list. */
export function rooms(page: Page): Promise<string[]> {
  return page.locator(".sidebar__rooms a[href^='/r/']").evaluateAll((all) => all.map((link) => link.getAttribute("href")!));
}

/** In the page: each of these rooms is opened by its link, and has its messages on the screen. */
export async function switchRooms(addresses: string[]): Promise<void> {
  for (const address of addresses) {
    document.querySelector<HTMLAnchorElement>(`.sidebar__rooms a[href="${address}"]`)?.click();
    const isOpen = () =>
      document.querySelector(".sidebar__rooms [aria-current=page]")?.getAttribute("href") === address &&
      document.querySelector(".room__log article");
    while (!isOpen()) await new Promise(requestAnimationFrame);
  }
}

/** In the page: keeps the program's memory within reach, which nothing else exports. */
export function watchMemory(): void {
  const keep = ({ instance }: WebAssembly.WebAssemblyInstantiatedSource) =>
    Object.assign(globalThis, { memory: instance.exports.memory });
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...given) => {
    const source = await instantiateStreaming(...given);
    keep(source);
    return source;
  };
}
