// What one comparison found, and which of the metrics would have raised a hand. Pure.

export type Finding = {
  readonly samples: number;
  readonly scoreDeltaP95: number;
  /** Share of samples whose top chunk differs, ties apart. */
  readonly mismatch: number;
  /** Mean share of common chunks among the top 10. */
  readonly overlap: number;
  /** Rank-biased overlap. */
  readonly rankOverlap: number;
  /** How much older the destination's copy of a common chunk is at p95, days; null: no common chunk tells. */
  readonly lagDays: number | null;
};
type MetricName = "score delta" | "mismatch" | "overlap@10" | "RBO" | "lag";

/** The documented limit of the score delta's p95. */
const scoreLimit = 0.2;
/** Above what an undamaged copy shows. */
const mismatchMargin = 0.05;
/** Benign changes stay at 0.99, harmful ones fall to 0.8 and below. */
const overlapLimit = 0.9;
const lagLimitDays = 1;

/** Metrics beyond their limits; `baseline` is the finding for an undamaged copy. */
export function caughtBy(finding: Finding, baseline: Finding): MetricName[] {
  const caught: Readonly<Record<MetricName, boolean>> = {
    "score delta": finding.scoreDeltaP95 > scoreLimit,
    mismatch: finding.mismatch > baseline.mismatch + mismatchMargin,
    "overlap@10": finding.overlap < overlapLimit,
    RBO: finding.rankOverlap < overlapLimit,
    lag: (finding.lagDays ?? 0) > lagLimitDays,
  };
  return (Object.keys(caught) as MetricName[]).filter((name) => caught[name]);
}

/** Value of a sample in exposition text; undefined: there is no such sample. `labels` as written, without braces. */
export function readSample(exposition: string, name: string, labels = ""): number | undefined {
  const start = labels === "" ? `${name} ` : `${name}{${labels}} `;
  const line = exposition.split("\n").find((each) => each.startsWith(start));
  return line === undefined ? undefined : Number(line.slice(start.length));
}
