// G5 and G5b: many stages per true share of bad samples, counted by their ends and held to what they must reach.
import { errorShares } from "@retriever/operator/core/gates/gate-limits.ts";
import type { SequentialVerdict } from "@retriever/operator/core/gates/sequential.ts";
import { p95MaxBadShare } from "@retriever/sidecar/contract/thresholds.ts";
import { makeRandom, type Random } from "#support/random.ts";
import { median } from "../report/statistics.ts";
import type { BadSamples } from "./bad-samples.ts";
import { playStage, type StageEnd } from "./stage.ts";

export type Ends = { readonly passed: number; readonly failed: number; readonly notYet: number };

export type StageRow = {
  /** True share of bad samples, 0..1. */
  readonly share: number;
  readonly gate: Ends;
  /** Half of the decided stages were decided by then; null when none was. */
  readonly medianSeconds: number | null;
  readonly anyBreach: Ends;
};

export type StageStudy = {
  readonly name: string;
  readonly source: (share: number, random: Random) => BadSamples;
  readonly dwellSeconds: number;
  readonly runs: number;
  readonly seed: number;
};

const shares = [0.01, 0.03, 0.04, 0.06, 0.08, 0.15] as const;
/** Stages of the default plan: they share the chance of a wrong fail. */
const planStages = 3;

/** One row per true share, each with its own seeds. */
export function playStudy(study: StageStudy): StageRow[] {
  return shares.map((share, row) => {
    const ends = Array.from({ length: study.runs }, (_, run) => {
      const random = makeRandom(study.seed + row * study.runs + run);
      return playStage(study.source(share, random), {
        limit: p95MaxBadShare,
        shares: errorShares(planStages),
        dwellSeconds: study.dwellSeconds,
      });
    });
    return rowOf(share, ends);
  });
}

function rowOf(share: number, ends: readonly StageEnd[]): StageRow {
  const decided = ends.flatMap(({ verdict, seconds }) => (verdict === "NotYet" ? [] : [seconds]));
  return {
    share,
    gate: countEnds(ends.map(({ verdict }) => verdict)),
    medianSeconds: decided.length === 0 ? null : median(decided),
    anyBreach: countEnds(ends.map(({ anyBreach }) => anyBreach)),
  };
}

function countEnds(verdicts: readonly SequentialVerdict[]): Ends {
  const count = (wanted: SequentialVerdict) => verdicts.filter((verdict) => verdict === wanted).length;
  return { passed: count("Pass"), failed: count("Fail"), notYet: count("NotYet") };
}

export type Demand = {
  readonly share: number;
  readonly rule: "gate" | "anyBreach";
  readonly end: keyof Ends;
  /** Share of the runs, 0..1. */
  readonly atLeast?: number;
  readonly atMost?: number;
};

/** What a study missed, in words; empty when it reached everything. */
export function missedDemands(rows: readonly StageRow[], runs: number, demands: readonly Demand[]): string[] {
  return demands.flatMap(({ share, rule, end, atLeast = 0, atMost = 1 }) => {
    const count = rows.find((row) => row.share === share)?.[rule][end] ?? Number.NaN;
    if (count >= atLeast * runs && count <= atMost * runs) return [];
    return [`${rule} ${end} ${count} of ${runs} at ${share}, expected ${atLeast * runs} to ${atMost * runs}`];
  });
}
