// What is measured in a browser, and what each figure must be.
import { expect, type TestInfo } from "@playwright/test";

export type Figure = {
  name: string;
  /** A kB is a thousand bytes, as networks count. */
  unit: "kB" | "ms" | "MB" | "%" | "";
  /** More than this is a miss; more than twice this fails, because machines differ and have neighbours. */
  gate: number;
  goal: number;
};

const FIGURES: Figure[] = [
  { name: "first visit of /sign-in, all bytes", unit: "kB", gate: 300, goal: 200 },
  { name: "first visit of a room, all bytes", unit: "kB", gate: 300, goal: 200 },
  { name: "/sign-in on a phone: largest paint", unit: "ms", gate: 1800, goal: 1000 },
  { name: "a room on a phone: largest paint", unit: "ms", gate: 1800, goal: 1000 },
  { name: "a room on a phone: usable", unit: "ms", gate: 3000, goal: 2500 },
  { name: "a room on a phone: blocked until usable", unit: "ms", gate: 200, goal: 100 },
  { name: "a room on a phone: layout shift", unit: "", gate: 0.1, goal: 0 },
  { name: "a room taken over: elements styled again", unit: "%", gate: 20, goal: 5 },
  { name: "an interaction to its paint (INP), CPU ×4", unit: "ms", gate: 80, goal: 80 },
  { name: "another room, from the press to its paint, CPU ×4", unit: "ms", gate: 100, goal: 100 },
  { name: "receive to paint, p95, CPU ×4", unit: "ms", gate: 16, goal: 16 },
  { name: "heap and WASM, 400 switches and 4,000 heard", unit: "MB", gate: 40, goal: 40 },
  { name: "heap and WASM, growth of the second half", unit: "%", gate: 5, goal: 0 },
  { name: "nodes, growth of the second half", unit: "%", gate: 5, goal: 0 },
  { name: "listeners, growth of the second half", unit: "%", gate: 5, goal: 0 },
];

export type Measured = Figure & { measured: number; spread: number[]; note: string };

/** The figure of this name is the median of these. */
export async function figure(info: TestInfo, name: string, values: number[], note = ""): Promise<void> {
  const found = FIGURES.find((figure) => figure.name === name);
  if (!found) throw new Error(`No figure is called "${name}".`);
  const spread = values.map((value) => Number(value.toPrecision(4)));
  const measured: Measured = { ...found, measured: median(spread), spread, note };
  await info.attach("figure", { body: JSON.stringify(measured), contentType: "application/json" });
  expect.soft(measured.measured, name).toBeLessThanOrEqual(2 * found.gate);
}

export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that so great a part of them does not exceed. */
export function quantile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
