// Verdicts at the borders of a goal.
import { describe, expect, it } from "vitest";
import { judge, judgeAmount, printGoal, type Verdict } from "./goal.ts";

const atMost = { at: "most", limit: 0.3 } as const;
const atLeast = { at: "least", limit: 0.95 } as const;

type Case = { title: string; interval: [number, number]; goal: typeof atMost | typeof atLeast; verdict: Verdict };
const cases: readonly Case[] = [
  { title: "wholly inside and narrow", interval: [0.2, 0.25], goal: atMost, verdict: "met" },
  { title: "with only the better end inside and narrow", interval: [0.29, 0.4], goal: atMost, verdict: "met" },
  { title: "with the better end inside but wide", interval: [0.1, 0.4], goal: atMost, verdict: "not measurable" },
  { title: "wholly outside", interval: [0.31, 0.32], goal: atMost, verdict: "missed" },
  { title: "above a lower limit at its better end", interval: [0.9, 1.05], goal: atLeast, verdict: "met" },
  { title: "below a lower limit", interval: [0.8, 0.94], goal: atLeast, verdict: "missed" },
  { title: "that isn't a number", interval: [Number.NaN, Number.NaN], goal: atMost, verdict: "not measurable" },
];

describe("an interval", () => {
  it.each(cases)("$title is $verdict", ({ interval, goal, verdict }) => {
    expect(judge({ interval }, goal)).toBe(verdict);
  });
});

describe("an amount", () => {
  it("is judged by itself", () => {
    expect(judgeAmount(200, { at: "most", limit: 200 })).toBe("met");
    expect(judgeAmount(201, { at: "most", limit: 200 })).toBe("missed");
    expect(judgeAmount(Number.NaN, { at: "most", limit: 200 })).toBe("not measurable");
  });
});

describe("a goal", () => {
  it("is printed with its direction", () => {
    expect([atMost, atLeast].map(printGoal)).toEqual(["≤ 0.3", "≥ 0.95"]);
  });
});
