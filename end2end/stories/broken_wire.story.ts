import { BROKEN_WIRE } from "../fixtures/quiet";
import { expect, test } from "../fixtures/test";

test("cut off, both write; mended, both logs are equal", async ({ people, wire, quiet }) => {
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  await ada.says("Before the storm");
  await bo.sees("Before the storm");

  wire.refuse();
  wire.cut();
  await expect(ada.connection.trouble).toBeVisible();
  await ada.writes("Ada one");
  await ada.writes("Ada two");
  await bo.says("Bo one");
  await bo.says("Bo two");
  await expect(ada.room.message("Ada one")).toContainText("Waiting for network");
  await expect(ada.connection.offline).toBeVisible();
  await expect(ada.room.message("Bo one")).toHaveCount(0);

  wire.pass();
  const all = ["Before the storm", "Bo one", "Bo two", "Ada one", "Ada two"];
  for (const person of [ada, bo]) {
    await expect.poll(() => person.room.order(all), { timeout: 35_000 }).toEqual(all);
  }
  await expect(ada.connection.trouble).toBeHidden();
  await expect(ada.room.message("Ada two")).not.toContainText(/Waiting for network|Sending/);
  await ada.reloads();
  expect(await ada.room.order(all)).toEqual(all);
});

test("a wire that is dead in silence is noticed, and nothing is lost or doubled", async ({ people, wire, quiet }) => {
  test.slow();
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  await bo.says("Before the silence");
  await ada.sees("Before the silence");

  // What was open looks open for ever; what is opened anew works.
  wire.swallow();
  wire.pass();
  await ada.writes("Does anybody hear me?");
  await bo.says("It is very quiet here");
  await expect(ada.room.message("Does anybody hear me?")).toContainText(/Sending|Waiting for network/);

  const all = ["Before the silence", "It is very quiet here", "Does anybody hear me?"];
  for (const person of [ada, bo]) {
    await expect.poll(() => person.room.order(all), { timeout: 80_000 }).toEqual(all);
  }
});

test("over a slow wire people still talk", async ({ people, wire, quiet }) => {
  // The wire is gone before the tab is.
  quiet.expects(BROKEN_WIRE);
  const bo = await people.owner("Bo Diddley");
  const ada = await people.joins("Ada Lovelace", bo, { baseURL: wire.url });
  wire.pass(400);
  await ada.writes("From far away");
  // Pending in the same frame, long before the server has it.
  await expect(ada.room.message("From far away")).toBeVisible({ timeout: 300 });
  await bo.sees("From far away");
  await bo.says("I hear you");
  await ada.sees("I hear you");
  const all = ["From far away", "I hear you"];
  expect(await ada.room.order(all)).toEqual(all);
});
