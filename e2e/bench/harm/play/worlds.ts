// How stores and traffic do over the time of a run: what a bin of 10 s consists of.
import { binSeconds } from "@retriever/sidecar/contract/evidence.ts";
import type { Random } from "#support/random.ts";
import type { RecallRegime, Regime, Segment } from "./traffic.ts";

/** The parts of the bin that begins so many seconds after the run. */
export type World = (at: number) => readonly Segment[];

export function steady(regime: Regime): World {
  const segments = [{ regime, seconds: binSeconds }];
  return () => segments;
}

/** One regime a bin. */
export function varying(regimeAt: (at: number) => Regime): World {
  return (at) => [{ regime: regimeAt(at), seconds: binSeconds }];
}

export type Spell = { readonly from: number; readonly to: number; readonly regime: Regime };

/** The usual, but for some spells, which begin and end anywhere in a bin. */
export function withSpells(usual: Regime, spells: readonly Spell[]): World {
  return (at) => {
    const inside = spells.flatMap(({ from, to, regime }) => {
      const seconds = Math.min(to, at + binSeconds) - Math.max(from, at);
      return seconds > 0 ? [{ regime, seconds }] : [];
    });
    const left = binSeconds - inside.reduce((sum, { seconds }) => sum + seconds, 0);
    return left > 0 ? [{ regime: usual, seconds: left }, ...inside] : inside;
  };
}

type BurstShape = { readonly meanSeconds: number; readonly share: number; readonly stages: number };

/**
 * Every bad share comes in bursts of its own: a Markov chain of two states a line, `share` of the time in the bad one,
 * where everything beyond `calm` is so many times more frequent that `mean` comes out.
 */
export function inBursts(calm: Regime, mean: Regime, shape: BurstShape, random: Random): World {
  const chains = burstLines.map(() => makeChain(shape, random));
  return varying(() => {
    const levels = chains.map((chain) => chain() / shape.share);
    const level = (line: (typeof burstLines)[number]): number => levels[burstLines.indexOf(line)] ?? 0;
    const shares = Object.fromEntries(
      burstLines.map((line) => [line, mixed(calm[line], mean[line], level(line))]),
    ) as Record<(typeof burstLines)[number], number>;
    return { ...mean, ...shares, recall: mixedRecall(calm.recall, mean.recall, level("scoreWorse")) };
  });
}

const burstLines = [
  "failsAlone",
  "emptyAlone",
  "slow",
  "scoreWorse",
  "latencyWorse",
  "mismatch",
  "shadowErrors",
] as const;

function mixed(calm: number, mean: number, level: number): number {
  return Math.min(1, calm + (mean - calm) * level);
}

function mixedRecall(calm: RecallRegime, mean: RecallRegime, level: number): RecallRegime {
  return { ...mean, worse: mixed(calm.worse, mean.worse, level) };
}

/** Share of each next bin that lies in bursts. */
function makeChain({ meanSeconds, share, stages }: BurstShape, random: Random): () => number {
  const calmSeconds = (meanSeconds * (1 - share)) / share;
  const draw = (mean: number): number => -mean * Math.log(1 - random());
  const burst = (): number =>
    Array.from({ length: stages }, () => draw(meanSeconds / stages)).reduce((sum, one) => sum + one, 0);
  let isBurst = random() < share;
  let left = isBurst ? burst() : draw(calmSeconds);
  return () => {
    let inside = 0;
    let open = binSeconds;
    while (open > 0) {
      const span = Math.min(open, left);
      if (isBurst) inside += span;
      open -= span;
      left -= span;
      if (left > 0) continue;
      isBurst = !isBurst;
      left = isBurst ? burst() : draw(calmSeconds);
    }
    return inside / binSeconds;
  };
}
