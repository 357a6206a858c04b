import { BROKEN_WIRE } from "../fixtures/quiet";
import { expect, test } from "../fixtures/test";

for (const [how, end] of [
  ["stopped", "stop"],
  ["killed", "kill"],
] as const) {
  test(`the server is ${how} and comes back; people go on where they were`, async ({ people, server, quiet }) => {
    quiet.expects(BROKEN_WIRE);
    const ada = await people.owner("Ada Lovelace");
    const bo = await people.joins("Bo Diddley", ada);
    await ada.says("Before");
    await bo.sees("Before");

    await server[end]();
    await expect(ada.connection.trouble).toBeVisible();
    await ada.writes("Meanwhile");
    await expect(ada.room.message("Meanwhile")).toContainText("Waiting for network");

    await server.start();
    const all = ["Before", "Meanwhile"];
    for (const person of [ada, bo]) {
      await expect.poll(() => person.room.order(all), { timeout: 45_000 }).toEqual(all);
    }
  });
}
