// The guard of one run: bins of a fleet, folded and judged by the operator's own functions, until something is done.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { DetectionState, HarmLine } from "@retriever/crds/status/harm-status.ts";
import { type Baseline, type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { reckonedLines } from "@retriever/operator/core/detection/detectable.ts";
import { foldDetection } from "@retriever/operator/core/detection/detection.ts";
import { logEvidence } from "@retriever/operator/core/detection/detector.ts";
import type { Bin } from "@retriever/operator/core/detection/new-bins.ts";
import { judgeRecall } from "@retriever/operator/core/gates/recall.ts";
import { strongestFinding } from "@retriever/operator/core/harm/finding.ts";
import { judgeHarm } from "@retriever/operator/core/harm/harm.ts";
import type { Harm } from "@retriever/operator/core/model/context.ts";
import type { PodObservation } from "@retriever/operator/core/model/workload.ts";
import {
  binSeconds,
  type Counters,
  type Evidence,
  keptSeconds,
  noCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import { podNames } from "./traffic.ts";

/** Epoch seconds at which every run begins: a multiple of a bin. */
export const startSeconds = 1_800_000_000;
const epoch = 5;
const judgeSeconds = 5;
/** A bin is asked for a second after its end. */
const closingSeconds = 1;

type GuardPlay = {
  readonly plan: MigrationSpec;
  readonly baseline: Baseline;
  readonly seconds: number;
  /** Of the reconciles, 0..1. */
  readonly phase: number;
  /** The bin that begins so many seconds after the guard. */
  readonly draw: (seconds: number) => Bin;
  /** Nobody reconciles between these seconds; sidecars forget meanwhile. */
  readonly away?: readonly [from: number, to: number];
};

export type End = {
  readonly act: "Rollback" | "Hold" | "StepDown" | "GateFailed" | "Passed" | "None";
  /** Lines that were due. */
  readonly lines: readonly string[];
  /** When, since the beginning. */
  readonly seconds: number;
};

/** Plays until the first rollback; a hold is the end only where nothing worse comes. */
export function playGuard(play: GuardPlay): End {
  const guard = new GuardRun(play);
  let at = 0;
  while (at < play.seconds) {
    const bins: Bin[] = [];
    for (const until = Math.min(play.seconds, at + guard.stride); at < until; at += binSeconds) {
      if (isForgotten(play, at)) continue;
      const bin = play.draw(at);
      if (bin.counters.requests > 0) bins.push(bin);
    }
    const end = guard.fold(bins);
    if (end !== undefined) return end;
  }
  return guard.held ?? { act: "None", lines: [], seconds: play.seconds };
}

function isForgotten({ away }: GuardPlay, at: number): boolean {
  return away !== undefined && at >= away[0] && at < away[1] - keptSeconds;
}

/**
 * Bins are folded in strides that no clock can begin and act in, and once more bin by bin where something may have
 * happened: the same decisions as at every reconcile, at a tenth of the work.
 */
class GuardRun {
  readonly #play: GuardPlay;
  readonly #status: MigrationStatus;
  readonly #totals: Counters = noCounters();
  readonly #sustainedSeconds: number;
  readonly #severe: { readonly limit: number; readonly threshold: number };
  readonly #severeSeconds: number;
  #detection: DetectionState | undefined;
  held: End | undefined;

  constructor(play: GuardPlay) {
    this.#play = play;
    this.#status = guardStatus(play.baseline);
    this.#sustainedSeconds = durationSeconds(play.plan.rollback.sustainedFor);
    const severe = reckonedLines(play.plan, play.baseline, true).find(({ line }) => line === "severe");
    if (severe === undefined) throw new RangeError("no line of severe harm");
    this.#severe = severe;
    this.#severeSeconds = durationSeconds(play.plan.rollback.severeFor);
  }

  /** A clock that begins acts after one and a half of `sustainedFor`; one that runs, at the end of a tenth of it. */
  get stride(): number {
    const isRunning = this.#detection?.lines.some(({ clock }) => clock !== undefined) === true;
    const seconds = this.#sustainedSeconds * (isRunning ? 0.1 : 1.5);
    return Math.max(binSeconds, Math.floor(seconds / binSeconds) * binSeconds);
  }

  fold(bins: readonly Bin[]): End | undefined {
    const before = this.#detection;
    const harmless = judgeRecall(this.#play.plan, { totals: this.#totals, recent: this.#totals }) === "proved";
    const after = this.#foldAll(before, bins, harmless);
    const end = this.#isEventful(before, after, bins) ? this.#step(before, bins, harmless) : undefined;
    this.#detection = after;
    for (const { counters } of bins) addRecall(this.#totals, counters);
    return end;
  }

  #foldAll(before: DetectionState | undefined, bins: readonly Bin[], differenceIsHarmless: boolean) {
    const { plan, baseline } = this.#play;
    return foldDetection(before, { plan, epoch, baseline, pastCutover: true, differenceIsHarmless, bins });
  }

  #isEventful(before: DetectionState | undefined, after: DetectionState | undefined, bins: readonly Bin[]): boolean {
    if (this.#maySevere(before, bins)) return true;
    const now = new Map(after?.lines.map((line) => [keyOf(line), line]));
    // What is unproved over all pods may be the fleet's all the same, without a third of them.
    const isDue = after?.lines.some(({ clock }) => clock !== undefined && clock.verdict !== "waiting");
    return (
      isDue === true ||
      before?.lines.some(
        (line) => line.clock?.since !== now.get(keyOf(line))?.clock?.since && line.clock !== undefined,
      ) === true
    );
  }

  /**
   * Never false where severe harm could be due: as if every failed request were the destination's own, and of the half of
   * the requests that is left where slices stand.
   */
  #maySevere(before: DetectionState | undefined, bins: readonly Bin[]): boolean {
    const line = before?.lines.find((one) => one.line === "severe");
    let failures = 0;
    let failingSeconds = line?.run?.failingSeconds ?? 0;
    for (const { counters, slices } of bins) {
      const left = slices.size > 0 ? counters.requests / 2 : counters.requests;
      failures += counters.errors;
      failingSeconds += binSeconds * Math.min(1, counters.errors / left);
    }
    const most =
      Math.log(Math.exp(logEvidence(line?.logs ?? [])) + bins.length) - failures * Math.log(this.#severe.limit);
    return most >= this.#severe.threshold && failingSeconds >= this.#severeSeconds;
  }

  #step(before: DetectionState | undefined, bins: readonly Bin[], harmless: boolean): End | undefined {
    let detection = before;
    for (const bin of bins) {
      detection = this.#foldAll(detection, [bin], harmless);
      if (this.#isUnseen(bin)) continue;
      const { due } = this.#judge(detection, harmless);
      const strongest = strongestFinding(due);
      if (strongest === undefined) continue;
      const { phase } = this.#play;
      const seen = bin.at - startSeconds + binSeconds + closingSeconds;
      const seconds = (Math.ceil(seen / judgeSeconds - phase) + phase) * judgeSeconds;
      const lines = dueLines(detection, due);
      if (strongest.action === "Rollback" && strongest.withheld === undefined)
        return { act: "Rollback", lines, seconds };
      this.held ??= { act: "Hold", lines, seconds };
    }
    return undefined;
  }

  /** Nobody reconciles until later bins are there as well. */
  #isUnseen({ at }: Bin): boolean {
    const { away } = this.#play;
    return away !== undefined && at - startSeconds >= away[0] && at - startSeconds + binSeconds < away[1];
  }

  #judge(detection: DetectionState | undefined, differenceIsHarmless: boolean): Harm {
    const status: MigrationStatus = detection === undefined ? this.#status : { ...this.#status, detection };
    const { plan } = this.#play;
    return judgeHarm({ plan, status, serving, sourceAnswers: true, differenceIsHarmless, now: 0 });
  }
}

const at = new Date(startSeconds * 1000).toISOString();

function guardStatus(baseline: Baseline): MigrationStatus {
  const revision = { epoch, primary: "destination", shadow: "source", sampleRate: 0.05, released: false, at } as const;
  return { ...migrationStatusSchema.parse({}), phase: "Guard", epoch, revision, baseline };
}

/** Pods of which harm reads nothing but that they tell of the epoch. */
export function servingIn(ofEpoch: number): readonly PodObservation[] {
  const evidence: Evidence = {
    epoch: ofEpoch,
    sinceSeconds: 0,
    counters: noCounters(),
    windows: [],
    closedAt: startSeconds,
    bins: [],
  };
  const status = { ok: true, value: { evidence } };
  return podNames.map((uid) => ({ uid, status }) as unknown as PodObservation);
}

const serving = servingIn(epoch);

/** Lines that are due, severe harm first. */
export function dueLines(detection: DetectionState | undefined, due: Harm["due"]): readonly string[] {
  const clocked = (detection?.lines ?? []).filter(
    ({ clock }) => clock?.verdict === "worse" || clock?.verdict === "unseen",
  );
  return [...(due.some(({ rule }) => rule === "severe") ? ["severe"] : []), ...clocked.map(keyOf)];
}

function keyOf({ line, slice }: Pick<HarmLine, "line" | "slice">): string {
  return slice === null ? line : `${line}/${slice}`;
}

function addRecall(totals: Counters, more: Counters): void {
  totals.answered += more.answered;
  totals.recallSamples += more.recallSamples;
  totals.recallLossSum += more.recallLossSum;
  totals.recallGainSum += more.recallGainSum;
  totals.recallSquaresSum += more.recallSquaresSum;
}
