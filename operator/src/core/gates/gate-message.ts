// What a verdict says to people: what was seen, how it stands to the limit, and what is missing.
import { plural } from "@retriever/stores/values/plural.ts";
import type { RateGate } from "./gate-counts.ts";

/** 0.0123 → `1.23 %`. */
export function percent(share: number | null): string {
  return share === null ? "none" : `${Number((share * 100).toPrecision(3))} %`;
}

/** What the gate saw: `value` as published, so for overlap the share that is in both answers. */
export function describeSeen(gate: RateGate, value: number | null, n: number): string {
  const samples = `${round(n)} ${plural(round(n), "sample")}`;
  if (value === null) return `${gate}: no samples`;
  switch (gate) {
    case "scoreMean":
      return `scoreMean: the top similarity is ${round(value)} lower on average over ${samples}`;
    case "overlap":
      return `overlap: ${percent(value)} of the chunks of ${samples} are in both answers`;
    default:
      return `${gate}: ${percent(value)} of ${samples} ${plural(round(n), "is", "are")} bad`;
  }
}

/** `limit` as published. */
export function describeLimit(gate: RateGate, limit: number): string {
  if (gate === "scoreMean") return `the limit of ${round(limit)}`;
  return gate === "overlap" ? `the floor of ${percent(limit)}` : `the limit of ${percent(limit)}`;
}

/** How many more, in the precision an estimate has; null: none would do. */
export function describeMissing(more: number | null): string {
  return more === null
    ? "too close to it for any number of samples to prove"
    : `about ${Number(Math.max(1, more).toPrecision(2))} more samples would prove it`;
}

function round(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
