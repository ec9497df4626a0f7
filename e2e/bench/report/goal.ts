// Goals and when they count as met: a noisy machine must be able to say that it can't tell. Pure.
import type { Estimate } from "./statistics.ts";

export type Goal = { readonly at: "most" | "least"; readonly limit: number };
export type Verdict = "met" | "missed" | "not measurable";

const maxWidth = 0.3;

/** Met: the interval's better end is inside the goal and the interval is narrower than 0.3. */
export function judge({ interval: [low, high] }: Pick<Estimate, "interval">, goal: Goal): Verdict {
  const better = goal.at === "most" ? low : high;
  const isInside = goal.at === "most" ? better <= goal.limit : better >= goal.limit;
  if (!isInside) return Number.isNaN(better) ? "not measurable" : "missed";
  return high - low < maxWidth ? "met" : "not measurable";
}

/** For amounts rather than times: no interval, the figure itself decides. */
export function judgeAmount(value: number, { at, limit }: Goal): Verdict {
  if (Number.isNaN(value)) return "not measurable";
  return (at === "most" ? value <= limit : value >= limit) ? "met" : "missed";
}

/** `≤ 0.30`, `≥ 0.95`. */
export function printGoal({ at, limit }: Goal): string {
  return `${at === "most" ? "≤" : "≥"} ${limit}`;
}
