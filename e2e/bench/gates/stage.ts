// One stage of an hour at one sample a second, judged every 30 s: by the product's gate and by an any-breach rule.
import { dispersionOfGate, foldDispersion } from "@retriever/operator/core/gates/dispersion-state.ts";
import type { ErrorShares } from "@retriever/operator/core/gates/gate-limits.ts";
import { judgeRate, type SequentialVerdict } from "@retriever/operator/core/gates/sequential.ts";
import type { BadSamples } from "./bad-samples.ts";

type StageRules = {
  readonly limit: number;
  readonly shares: ErrorShares;
  readonly dwellSeconds: number;
};

export type StageEnd = {
  readonly verdict: SequentialVerdict;
  /** Seconds until the verdict; the whole stage when there is none. */
  readonly seconds: number;
  /** What a rule that reads the p95 of the last five minutes at each look, and passes after the dwell, would have done. */
  readonly anyBreach: SequentialVerdict;
};

const stageSeconds = 3600;
const evaluationSeconds = 30;
const breachWindowSeconds = 300;
const gate = "latencyDelta";

/** Plays the stage to its end for both rules. */
export function playStage(isBad: BadSamples, rules: StageRules): StageEnd {
  const badUpTo = [0];
  const judge = gateJudge(rules);
  let decided: { readonly verdict: SequentialVerdict; readonly seconds: number } | undefined;
  let anyBreach: SequentialVerdict = "NotYet";
  let seconds = 0;
  while (seconds < stageSeconds && (decided === undefined || anyBreach === "NotYet")) {
    for (const end = seconds + evaluationSeconds; seconds < end; seconds += 1) {
      badUpTo.push((badUpTo[seconds] ?? 0) + (isBad(seconds) ? 1 : 0));
    }
    if (anyBreach === "NotYet") anyBreach = judgeBreach(badUpTo, rules);
    if (decided !== undefined) continue;
    const verdict = judge(badUpTo[seconds] ?? 0, seconds);
    if (verdict !== "NotYet") decided = { verdict, seconds };
  }
  return { verdict: "NotYet", seconds: stageSeconds, ...decided, anyBreach };
}

/** The product's gate with the memory it has between two looks. */
function gateJudge({ limit, shares, dwellSeconds }: StageRules): (bad: number, n: number) => SequentialVerdict {
  const input = (bad: number, n: number) => ({
    epoch: 1,
    counts: [{ gate, bad, n }],
    now: n * 1000,
    windowSeconds: evaluationSeconds,
  });
  let state = foldDispersion(undefined, input(0, 0));
  return (bad, n) => {
    state = foldDispersion(state, input(bad, n));
    const dispersion = dispersionOfGate(state, gate);
    return judgeRate({ bad, n, limit, ...shares, dispersion, deflates: "both", dwellPassed: n >= dwellSeconds });
  };
}

function judgeBreach(badUpTo: readonly number[], { limit, dwellSeconds }: StageRules): SequentialVerdict {
  const seconds = badUpTo.length - 1;
  const since = Math.max(0, seconds - breachWindowSeconds);
  const bad = (badUpTo[seconds] ?? 0) - (badUpTo[since] ?? 0);
  if (bad > limit * (seconds - since)) return "Fail";
  return seconds >= dwellSeconds ? "Pass" : "NotYet";
}
