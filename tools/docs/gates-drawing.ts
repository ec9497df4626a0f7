// The picture of docs/gates.md: what a gate knows of two stores as the samples come in, by the gate's own test. Pure.
import { confidenceSequence } from "../../operator/src/core/gates/confidence-sequence.ts";
import { errorShares } from "../../operator/src/core/gates/gate-limits.ts";
import { judgeRate, type RateQuestion } from "../../operator/src/core/gates/sequential.ts";
import { area, curve, drawing, label, type Point, rule, scale } from "./drawing.ts";

const limit = 0.05;
const mostSamples = 800;
const stages = 3;
/** Error of the interval that verdicts publish. */
const intervalAlpha = 0.05;
const stores = [
  { share: 0.02, tone: "good" },
  { share: 0.1, tone: "bad" },
] as const;

/** Samples with which the gate decides on a share that stays what it is, and how. */
export function decisionOn(share: number): { readonly n: number; readonly verdict: "Pass" | "Fail" } | undefined {
  for (let n = 1; n <= mostSamples; n += 1) {
    const verdict = judgeRate({ bad: share * n, n, ...question });
    if (verdict !== "NotYet") return { n, verdict };
  }
  return undefined;
}

const question: Omit<RateQuestion, "bad" | "n"> = {
  limit,
  ...errorShares(stages),
  dispersion: 1,
  deflates: "both",
  dwellPassed: true,
};

const [left, right] = [76, 840];
const [top, bottom] = [16, 280];
const mostShare = 0.25;
const x = scale([0, mostSamples], [left, right]);
const y = scale([0, mostShare], [bottom, top]);

export function drawGates(): string {
  return drawing("What a gate knows of two stores as the samples come in: one passes, one fails", 325, [
    ...stores.flatMap(({ share, tone }) => drawStore(share, tone)),
    rule([left, y(limit)], [right, y(limit)], "limit"),
    label([right, y(limit) - 6], "the limit: 5 % bad", "end"),
    ...[0, 0.05, 0.1, 0.15, 0.2, 0.25].map((share) => label([left - 8, y(share) + 4], `${share * 100} %`, "end")),
    rule([left, bottom], [right, bottom], "rule"),
    ...[0, 200, 400, 600, 800].map((n) => label([x(n), bottom + 22], `${n}`, "middle")),
  ]);
}

function drawStore(share: number, tone: "good" | "bad"): string[] {
  const steps = Array.from({ length: mostSamples / 10 }, (_, index) => (index + 1) * 10);
  const bounds = steps.map((n) => ({ n, interval: confidenceSequence(share * n, n, intervalAlpha) ?? [0, 1] }));
  const lower = bounds.map(({ n, interval }): Point => [x(n), y(interval[0])]);
  const upper = bounds.map(({ n, interval }): Point => [x(n), y(interval[1])]);
  const decided = decisionOn(share);
  const words = y(share) + (share > limit ? -8 : 18);
  return [
    area([...lower, ...upper.toReversed()], tone),
    curve(
      steps.map((n): Point => [x(n), y(share)]),
      tone,
    ),
    label([right, words], `truly ${share * 100} % bad`, "end"),
    ...(decided === undefined
      ? []
      : [
          rule([x(decided.n), y(share)], [x(decided.n), y(limit)], tone),
          label([x(decided.n), words], `${decided.verdict} after ${decided.n} samples`, "middle"),
        ]),
  ];
}
