// What a tab keeps when it is used for long: rooms are switched and messages heard. Once it holds as many
// messages as it ever does, the second half of more of that must not cost more than the first.
import { figure } from "./figures";
import { growth, type Kept, Keeper, rooms, switchRooms, watchMemory } from "./kept";
import { test } from "./test";

/** Four times so many: messages are said some at once, and after each lot the reader goes to another room and back. */
const HALF = 1000;
const AT_ONCE = 20;

test("what a tab keeps", async ({ reader, speaker }, info) => {
  info.setTimeout(360_000);
  const { page } = reader;
  await page.addInitScript(watchMemory);
  await reader.reloads();
  const keeper = await Keeper.of(page);
  const others = (await rooms(page)).filter((address) => address !== reader.room.address);

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
    return keeper.kept();
  };

  // A room's 2,000 newest messages are held.
  await half("first half of the beginning");
  await half("second half of the beginning");
  const first = await half("first half");
  const second = await half("second half");
  const mb = (bytes: number) => (bytes / 1_000_000).toFixed(1);
  const note = (part: keyof Kept) => `${first[part]}, then ${second[part]}`;
  await figure(info, "heap and WASM, 400 switches and 4,000 heard", [second.bytes / 1_000_000], `of it WASM ${mb(second.wasm)}`);
  await figure(info, "heap and WASM, growth of the second half", [growth(first, second, "bytes")], note("bytes"));
  await figure(info, "nodes, growth of the second half", [growth(first, second, "nodes")], note("nodes"));
  await figure(info, "listeners, growth of the second half", [growth(first, second, "listeners")], note("listeners"));
});
