// A walk through a room of 100,000 messages, up to the first one and down again, told as it goes:
//
//   npm --prefix end2end run long        MESSAGES=20000 for a shorter one
import { inLongRoom, Scroller, test } from "./fixtures/long_room";

const MESSAGES = Number(process.env.MESSAGES ?? 100_000);
const TOLD_EVERY = 200;

test.use({ messages: MESSAGES, trace: "off" });

test("through the whole room and back", async ({ people }) => {
  const ada = await inLongRoom(people, "ada");
  await ada.page.setViewportSize({ width: 1280, height: 2_000 });
  const scroller = new Scroller(ada.page);
  await scroller.begins();
  const began = Date.now();
  const tell = async (where: string) => {
    const { heap, program } = await scroller.memory();
    const seconds = Math.round((Date.now() - began) / 1_000);
    console.log(
      `  ${String(seconds).padStart(4)} s, ${scroller.turns} turns, ${where}: rows ≤ ${scroller.rowsMax}, ` +
        `drift ≤ ${scroller.driftMax} px, heap ${mb(heap)} MB, program ${mb(program)} MB`,
    );
  };
  for (let step = await scroller.up(); step.first > 1; step = await scroller.up()) {
    if (scroller.turns % TOLD_EVERY === 0) await tell(`at message ${step.first}`);
  }
  await tell("at the first message");
  const turns = scroller.turns / 4;
  for (let turn = 0; turn < turns; turn++) await scroller.down();
  await tell("a quarter of the way down again");
  await ada.page.getByRole("button", { name: "Newest" }).click();
  await tell("at the end");
});

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
