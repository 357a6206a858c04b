import { expect, test } from "../fixtures/test";

const MESSAGES = 40;

test("two people talk, and both see the same", { tag: "@fast" }, async ({ people }, info) => {
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada);
  const said: string[] = [];
  const latencies: number[] = [];

  for (let count = 1; count <= MESSAGES; count++) {
    const [from, to] = count % 2 ? [ada, bo] : [bo, ada];
    const text = `Message number ${count}`;
    await from.room.composer.fill(text);
    const arrives = to.room.message(text).waitFor();
    const started = performance.now();
    await from.room.composer.press("Enter");
    await arrives;
    latencies.push(performance.now() - started);
    said.push(text);
  }

  for (const person of [ada, bo]) {
    expect(await person.room.order(said)).toEqual(said);
    await expect(person.room.composer).toHaveValue("");
    await person.reloads();
    expect(await person.room.order(said)).toEqual(said);
  }

  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(sorted[Math.ceil(sorted.length * share) - 1]!)} ms`;
  const latency = `key to other screen: p50 ${at(0.5)}, p99 ${at(0.99)}`;
  info.annotations.push({ type: "latency", description: latency });
  console.log(`  ${latency}`);
});

test("what one reads on one screen is read on the other", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace");
  await ada.createsRoom("garden");
  const bo = await people.joins("Bo Diddley", ada);
  await ada.adds(bo);

  await bo.opens("garden");
  await ada.opens("general");
  const other = await ada.opensTab("/settings");
  await bo.says("The tulips are out");
  await ada.sidebar.counts("garden", 1);
  await other.sidebar.counts("garden", 1);

  await ada.opens("garden");
  await ada.sees("The tulips are out");
  await ada.sidebar.counts("garden", 0);
  await other.sidebar.counts("garden", 0);
});
