// An hour of use in one tab: a message each second, and a look into another room now and then. What is kept is told
// as it goes, and the second half of it must not be more than the first.
//
//   npm --prefix end2end run hour        MINUTES=90 for a longer one
//
// A room holds all that it ever does after 34 minutes; until then more is kept each minute, and a run that is over
// by then fails.
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "@playwright/test";
import { growth, type Kept, Keeper, rooms, switchRooms, watchMemory } from "./client/kept";
import { test } from "./client/test";

const MINUTES = Number(process.env.MINUTES ?? 60);
const SWITCHES_A_MINUTE = 6;
const TOLD_EVERY_MINUTES = 5;
/** WASM memory grows in steps of 64 KiB. */
const MAY_GROW_PERCENT = 5;

test("an hour in one tab", async ({ reader, speaker }) => {
  const { page } = reader;
  await page.addInitScript(watchMemory);
  await reader.reloads();
  const keeper = await Keeper.of(page);
  const others = (await rooms(page)).filter((address) => address !== reader.room.address);
  const began = Date.now();
  const byMinute: Kept[] = [];
  let said = 0;
  for (let minute = 1; minute <= MINUTES; minute++) {
    for (let turn = 0; turn < SWITCHES_A_MINUTE; turn++) {
      const until = began + ((minute - 1) * SWITCHES_A_MINUTE + turn + 1) * (60_000 / SWITCHES_A_MINUTE);
      while (Date.now() < until) {
        await speaker.says(`Said ${++said} times.`);
        await pause(1_000);
      }
      await page.evaluate(switchRooms, [others[said % others.length]!, reader.room.address]);
    }
    const kept = await keeper.kept();
    byMinute.push(kept);
    if (minute % TOLD_EVERY_MINUTES === 0 || minute === MINUTES) {
      const mb = (bytes: number) => (bytes / 1e6).toFixed(2);
      console.log(
        `  ${String(minute).padStart(3)} min, ${said} heard: heap and WASM ${mb(kept.bytes)} MB, of it WASM ${mb(kept.wasm)} MB, ` +
          `${kept.nodes} nodes, ${kept.listeners} listeners`,
      );
    }
  }
  // Rows leave the top fifty at a time: the most of each half is compared.
  const half = Math.max(1, Math.floor(MINUTES / 2));
  for (const part of ["bytes", "nodes", "listeners"] as const) {
    const most = (of: Kept[]) => of.reduce((most, kept) => (kept[part] > most[part] ? kept : most));
    const grown = growth(most(byMinute.slice(0, half)), most(byMinute.slice(half)), part);
    expect(grown, `growth of ${part} in the second half, in hundredths`).toBeLessThanOrEqual(MAY_GROW_PERCENT);
  }
});
