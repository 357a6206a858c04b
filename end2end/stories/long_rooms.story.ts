import type { Page } from "@playwright/test";
import { brake } from "../fixtures/brake";
import { inLongRoom, LONG_ROOM, ROWS_MAX, Scroller } from "../fixtures/long_room";
import { test } from "../fixtures/long_room";
import { expect } from "../fixtures/test";

/** What is measured with a release build; a debug build is another program. */
const IS_RELEASE = !(process.env.APP_BIN ?? "release").includes("debug");
const MEMORY_MAX_BYTES = 40_000_000;
/** As all that a clock tells, it fails at twice of this: machines have neighbours. */
const LONG_TASK_MS = 100;
const SLOW_TURNS = 30;
/** How fast a machine is changes while one scrolls. */
const BRAKED_ANEW_AFTER_TURNS = 6;
const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

// Pictures of every turn of the wheel would cost more than the turn.
test.use({ trace: "off" });

test("ten thousand messages scroll by without a jump, and few of them stand in the page", async ({ browser, people }) => {
  test.setTimeout(180_000);
  const ada = await inLongRoom(people, "ada");
  const scroller = new Scroller(ada.page);
  await scroller.begins();

  await scroller.longestTask();
  const tasks: number[] = [];
  for (let turn = 0; turn < SLOW_TURNS; turn++) {
    if (IS_RELEASE && turn % BRAKED_ANEW_AFTER_TURNS === 0) await scroller.slowsDown(await brake(browser));
    await scroller.up();
    tasks.push(Math.round(await scroller.longestTask()));
  }
  await scroller.slowsDown(1);
  // The clock also counts what else the machine does, so the middle of the long tasks is held to it.
  const long = tasks.filter((task) => task > 0).sort((a, b) => a - b);
  const usual = long[Math.floor(long.length / 2)] ?? 0;
  if (IS_RELEASE) expect(usual, `tasks at the speed of a phone: ${long}`).toBeLessThanOrEqual(2 * LONG_TASK_MS);

  // A high window, so that fewer turns lead there.
  await ada.page.setViewportSize({ width: 1280, height: 2_000 });
  await scroller.begins();
  await scroller.toBeginning();
  await expect(ada.room.log.getByRole("heading", { name: LONG_ROOM })).toBeAttached();

  const { heap, program } = await scroller.memory();
  expect(heap + program, "bytes of heap and program").toBeLessThanOrEqual(MEMORY_MAX_BYTES);
  expect(scroller.stops, "turns that had to wait").toBeLessThanOrEqual(scroller.turns / 20);

  // And down again, where rows that were let go come back.
  await scroller.toEnd(60);
  await ada.page.getByRole("button", { name: "Newest" }).click();
  await expect(ada.page.getByRole("button", { name: "Newest" })).toBeHidden();
  expect(await atEnd(ada.page)).toBe(true);
  console.log(
    `  ${scroller.turns} turns: rows ≤ ${scroller.rowsMax}, drift ≤ ${scroller.driftMax} px, ` +
      `long tasks ${usual} ms, at most ${long.at(-1) ?? 0} ms, heap ${mb(heap)} MB, program ${mb(program)} MB`,
  );
});

test("keys lead past the edges of what is drawn", async ({ people }) => {
  const ada = await inLongRoom(people, "ada");
  const keys = ada.page.keyboard;
  await ada.room.log.focus();
  await keys.press("ArrowUp");
  let last = Infinity;
  for (let press = 0; press < 60; press++) {
    // Faster than pages come, a key is pressed again.
    await expect
      .poll(async () => {
        await keys.press(press % 3 ? "PageUp" : "ArrowUp");
        return focusedMessage(ada.page);
      })
      .toBeLessThan(last);
    last = (await focusedMessage(ada.page))!;
    expect(await ada.room.log.locator(".log__column > *").count()).toBeLessThanOrEqual(ROWS_MAX);
  }
  expect(last, "past many pages").toBeLessThan(9_700);
  await keys.press("ArrowDown");
  expect(await focusedMessage(ada.page)).toBe(last + 1);

  await keys.press("End");
  await expect.poll(() => atEnd(ada.page)).toBe(true);
  await keys.press("ArrowUp");
  await expect.poll(() => focusedMessage(ada.page)).toBeGreaterThan(9_900);
});

test("what is said leaves who reads further up where they are, and moves with who is at the end", async ({ people }) => {
  const ada = await inLongRoom(people, "ada");
  const wei = await inLongRoom(people, "wei");
  const newest = ada.page.getByRole("button", { name: "Newest" });
  if (await newest.isVisible()) await newest.click();
  await wei.says("One for who is at the end");
  await ada.sees("One for who is at the end");
  expect(await atEnd(ada.page)).toBe(true);

  const scroller = new Scroller(ada.page);
  await scroller.begins();
  await scroller.toBeginning(6);
  const before = await firstInView(ada.page);
  for (const count of [1, 2, 3]) await wei.says(`Number ${count} for who reads further up`);
  const pill = ada.page.getByRole("button", { name: "3 new" });
  await expect(pill).toBeVisible();
  expect(await firstInView(ada.page)).toEqual(before);

  await ada.room.composer.fill(["It", "grows", "line", "by", "line"].join("\n"));
  expect(await firstInView(ada.page)).toEqual(before);

  await pill.click();
  await ada.sees("Number 3 for who reads further up");
  await expect.poll(() => atEnd(ada.page)).toBe(true);
  await ada.room.composer.fill("");
  await wei.says("And they follow again");
  await ada.sees("And they follow again");
  await expect.poll(() => atEnd(ada.page)).toBe(true);
});

test.describe("among a hundred thousand messages", () => {
  test.use({ messages: 100_000 });

  test("a link to one of them opens it in the middle, with what is around it", async ({ people }) => {
    const ada = await inLongRoom(people, "ada");
    const scroller = new Scroller(ada.page);
    const found = ada.room.log.locator("article.message--found");
    // Not every entry is a message.
    for (let seq = 5_000; seq < 5_020; seq++) {
      await ada.goes(`${ada.room.address}/${seq}`);
      if (await found.isVisible()) break;
    }
    const list = (await ada.room.log.boundingBox())!;
    const row = (await found.boundingBox())!;
    expect(Math.abs(row.y - (list.y + list.height * 0.4))).toBeLessThan(list.height * 0.15);
    const ordinal = Number(await found.getAttribute("data-ordinal"));

    await scroller.begins();
    await scroller.toBeginning(8);
    const up = await scroller.up();
    expect(up.first).toBeLessThan(ordinal - 100);
    await scroller.toEnd(40);
    const down = await scroller.down();
    expect(down.first).toBeGreaterThan(ordinal);
    expect(scroller.stops).toBe(0);

    // The same without a new page, where the end is drawn and the entry is not.
    const address = ada.page.url();
    const here = (await firstInView(ada.page))!.id;
    await ada.page.locator(`#${here} a.message__time`).click();
    await expect(found).toHaveAttribute("id", here);
    await ada.page.getByRole("button", { name: "Newest" }).click();
    await expect.poll(() => atEnd(ada.page)).toBe(true);
    await ada.page.goBack();
    expect(ada.page.url()).toBe(address);
    await expect(found).toHaveAttribute("data-ordinal", String(ordinal));
    await expect(found).toBeInViewport();
  });
});

/** The number of the message that has the focus. */
async function focusedMessage(page: Page): Promise<number | undefined> {
  return page.evaluate(() => {
    const ordinal = document.activeElement?.getAttribute("data-ordinal");
    return ordinal ? Number(ordinal) : undefined;
  });
}

async function firstInView(page: Page): Promise<{ id: string; top: number } | undefined> {
  return page.evaluate(() => {
    const list = document.getElementById("log")!.getBoundingClientRect();
    const rows = [...document.querySelectorAll("#log article")];
    const row = rows.find((row) => row.getBoundingClientRect().top >= list.top);
    return row && { id: row.id, top: Math.round(row.getBoundingClientRect().top - list.top) };
  });
}

async function atEnd(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const list = document.getElementById("log")!;
    return list.scrollTop + list.clientHeight >= list.scrollHeight - 1;
  });
}
