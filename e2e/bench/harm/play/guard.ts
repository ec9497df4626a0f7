// The guard of one run: bins of a fleet, folded and judged by the operator's own functions, until something is done.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { DetectionState, HarmLine } from "@retriever/crds/status/harm-status.ts";
import { type Baseline, type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { foldEach } from "@retriever/operator/core/detection/detection.ts";
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

/** Bins are drawn in strides, and judged one by one, as at every reconcile. */
class GuardRun {
  readonly #play: GuardPlay;
  readonly #status: MigrationStatus;
  readonly #totals: Counters = noCounters();
  readonly #sustainedSeconds: number;
  #detection: DetectionState | undefined;
  held: End | undefined;

  constructor(play: GuardPlay) {
    this.#play = play;
    this.#status = guardStatus(play.baseline);
    this.#sustainedSeconds = durationSeconds(play.plan.rollback.sustainedFor);
  }

  /** Recall is judged once a stride: shorter ones where a clock runs. */
  get stride(): number {
    const isRunning = this.#detection?.lines.some(({ clock }) => clock !== undefined) === true;
    const seconds = this.#sustainedSeconds * (isRunning ? 0.1 : 1.5);
    return Math.max(binSeconds, Math.floor(seconds / binSeconds) * binSeconds);
  }

  fold(bins: readonly Bin[]): End | undefined {
    const { plan, baseline } = this.#play;
    const harmless = judgeRecall(plan, { totals: this.#totals, recent: this.#totals }) === "proved";
    const input = { plan, epoch, baseline, pastCutover: true, differenceIsHarmless: harmless, bins };
    const states = foldEach(this.#detection, input);
    this.#detection = states.at(-1) ?? this.#detection;
    for (const [index, bin] of bins.entries()) {
      const end = this.#endAt(bin, states[index] as DetectionState, harmless);
      if (end !== undefined) return end;
      addRecall(this.#totals, bin.counters);
    }
    return undefined;
  }

  #endAt(bin: Bin, detection: DetectionState, harmless: boolean): End | undefined {
    if (!detection.lines.some(mayBeDue) || this.#isUnseen(bin)) return undefined;
    const { due } = this.#judge(detection, harmless);
    const strongest = strongestFinding(due);
    if (strongest === undefined) return undefined;
    const { phase } = this.#play;
    const seen = bin.at - startSeconds + binSeconds + closingSeconds;
    const seconds = (Math.ceil(seen / judgeSeconds - phase) + phase) * judgeSeconds;
    const lines = dueLines(detection, due);
    if (strongest.action === "Rollback" && strongest.withheld === undefined) return { act: "Rollback", lines, seconds };
    this.held ??= { act: "Hold", lines, seconds };
    return undefined;
  }

  /** Nobody reconciles until later bins are there as well. */
  #isUnseen({ at }: Bin): boolean {
    const { away } = this.#play;
    return away !== undefined && at - startSeconds >= away[0] && at - startSeconds + binSeconds < away[1];
  }

  #judge(detection: DetectionState, differenceIsHarmless: boolean): Harm {
    const status: MigrationStatus = { ...this.#status, detection };
    const { plan } = this.#play;
    return judgeHarm({ plan, status, serving, sourceAnswers: true, differenceIsHarmless, now: 0 });
  }
}

/** Whatever acts has come so far: a clock until it has lasted, severe harm until its evidence stands, does nothing. */
function mayBeDue({ line, clock, run, evidence }: HarmLine): boolean {
  if (line === "severe") return run !== undefined && evidence >= 1;
  return clock !== undefined && clock.verdict !== "waiting";
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
