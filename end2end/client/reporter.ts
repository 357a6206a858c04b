// One table of all figures, and target/client.json for those who compare.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import type { Measured } from "./figures";

const FILE = join(__dirname, "../../target/client.json");

export default class implements Reporter {
  private readonly figures: (Measured & { verdict: string })[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const { name, body } of result.attachments) {
      if (name !== "figure" || !body) continue;
      const figure = JSON.parse(String(body)) as Measured;
      const measured = { ...figure, verdict: verdict(figure) };
      // The second measurement replaces the first.
      const before = this.figures.findIndex(({ name }) => name === figure.name);
      if (before < 0) this.figures.push(measured);
      else this.figures[before] = measured;
    }
    for (const { message } of result.errors) console.error(`${test.title}: ${message ?? "failed"}`);
  }

  onEnd(): void {
    const rows = this.figures.map(({ name, unit, measured, gate, goal, verdict, spread, note }) => {
      const range = spread.length > 1 ? `${Math.min(...spread)} to ${Math.max(...spread)}` : "";
      return [name, `${measured} ${unit}`, `≤ ${gate}`, `≤ ${goal}`, verdict, [range, note].filter(Boolean).join("; ")];
    });
    for (const row of [["figure", "measured", "gate", "goal", "", "spread"], ["---", "---", "---", "---", "---", "---"], ...rows])
      console.log(`| ${row.map((cell) => cell.trim()).join(" | ")} |`);
    mkdirSync(dirname(FILE), { recursive: true });
    writeFileSync(FILE, `${JSON.stringify(this.figures, null, 2)}\n`);
  }

  printsToStdio(): boolean {
    return true;
  }
}

function verdict({ measured, gate, goal }: Measured): string {
  if (measured <= goal) return "goal met";
  return measured <= gate ? "met" : "missed";
}
