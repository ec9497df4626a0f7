import { expect, it } from "vitest";
import { amount, estimated, isMissed, least, most, printRows, summaryOf } from "./rows.ts";

/** Median 1.0512; the fourth value from either end bounds its interval. */
const fifteen = [0.9, 0.9, 0.9, 1, 1, 1, 1, 1.0512, 1.1, 1.1, 1.1, 1.1, 1.3, 1.3, 1.3];
const rows = [
  { id: "V1", parts: [amount("found", 100, least(100)), amount("false", 1, most(0))] },
  { id: "V3", parts: [amount("rate", 0.5, least(0.8), { standIn: true })] },
  { id: "V4", parts: [estimated("ratio", fifteen, most(1.2))] },
] as const;

it("a row is met when everything demanded of it is, and figures of the stand-in decide nothing", () => {
  expect(summaryOf(rows)).toMatchObject({
    V1: { value: 100, goal: 100, ok: false },
    V3: { value: 0.5, goal: 0.8, ok: null, standIn: true },
    V4: { value: 1.05, goal: 1.2, ok: true, interval: [1, 1.1], n: 15 },
  });
});

it("the table holds every part with its verdict", () => {
  const lines = printRows(rows)
    .split("\n")
    .filter((line) => line.includes("V"));
  expect(lines.map((line) => line.split("│").at(-2)?.trim())).toEqual(["met", "missed", "stand-in", "met"]);
});

it("a row of fewer trials than demanded proves nothing, and one that is missed is missed all the same", () => {
  const of = (value: number, n: number) => amount("writes", value, most(0), { n, enough: 200 }).verdict;
  expect([of(0, 200), of(0, 199), of(1, 1)]).toEqual(["met", "not measurable", "missed"]);
});

it("a run misses where a goal is missed, and where nothing was measured at all", () => {
  const met = { id: "V1", parts: [amount("found", 100, least(100))] };
  expect([isMissed([met]), isMissed(rows), isMissed([])]).toEqual([false, true, true]);
});
