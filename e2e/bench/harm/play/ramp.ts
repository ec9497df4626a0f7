// The stages of one run: bins of a fleet, judged by the operator's gates and lines of harm, until something is done.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { DetectionState } from "@retriever/crds/status/harm-status.ts";
import {
  type Baseline,
  type DispersionState,
  type MigrationStatus,
  migrationStatusSchema,
} from "@retriever/crds/status/migration-status.ts";
import { foldDetection } from "@retriever/operator/core/detection/detection.ts";
import type { Bin } from "@retriever/operator/core/detection/new-bins.ts";
import { foldDispersion } from "@retriever/operator/core/gates/dispersion-state.ts";
import { listCounts } from "@retriever/operator/core/gates/gate-counts.ts";
import { judgeRamp } from "@retriever/operator/core/gates/ramp.ts";
import { judgeRecall } from "@retriever/operator/core/gates/recall.ts";
import { measureBaseline } from "@retriever/operator/core/harm/baseline.ts";
import { strongestFinding } from "@retriever/operator/core/harm/finding.ts";
import { judgeHarm } from "@retriever/operator/core/harm/harm.ts";
import { addCounters, binSeconds, type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { dueLines, type End, servingIn, startSeconds } from "./guard.ts";

/** Seconds between two judgements of the gates; harm is judged after every bin. */
const judgeSeconds = 30;

type RampPlay = {
  readonly plan: MigrationSpec;
  /** The end of patience: it is told as "None". */
  readonly seconds: number;
  /** The bin that begins so many seconds after the ramp, at the rate of the stage. */
  readonly draw: (seconds: number, sampleRate: number) => Bin;
};

type Kept = { readonly at: number; readonly baseline: Baseline | undefined };
type StageEnd = End | Kept;

/** Plays the stages until one steps down, holds or fails, or all have passed. */
export function playRamp(play: RampPlay): End {
  let kept: Kept = { at: 0, baseline: undefined };
  for (const index of play.plan.stages.keys()) {
    const end = playStage(play, index, kept);
    if ("act" in end) return end;
    kept = end;
  }
  return { act: "Passed", lines: [], seconds: kept.at };
}

function playStage(play: RampPlay, index: number, { at: from, baseline }: Kept): StageEnd {
  const { plan } = play;
  const stage = plan.stages[index];
  if (stage === undefined) throw new RangeError(`no stage ${index}`);
  const run = new StageRun(plan, index, baseline);
  const needed = Math.max(durationSeconds(stage.minDuration), durationSeconds(plan.gates.minDwell));
  for (let at = from; at < play.seconds; ) {
    const bins: Bin[] = [];
    for (const until = at + judgeSeconds; at < until; at += binSeconds) bins.push(play.draw(at, stage.sampleRate));
    const end = run.judge(bins, at - from);
    if (end.act !== "None") return { ...end, seconds: at };
    if (end.isOpen || at - from < needed) continue;
    return { at, baseline: measureBaseline(run.totals, at - from, baseline) };
  }
  return { act: "None", lines: [], seconds: play.seconds };
}

type Judged = Pick<End, "act" | "lines"> & { readonly isOpen: boolean };

class StageRun {
  totals: Counters = noCounters();
  readonly #plan: MigrationSpec;
  readonly #index: number;
  readonly #baseline: Baseline | undefined;
  #detection: DetectionState | undefined;
  #dispersion: DispersionState | undefined;

  constructor(plan: MigrationSpec, index: number, baseline: Baseline | undefined) {
    this.#plan = plan;
    this.#index = index;
    this.#baseline = baseline;
  }

  judge(bins: readonly Bin[], elapsedSeconds: number): Judged {
    for (const { counters } of bins) this.totals = addCounters(this.totals, counters);
    const harm = this.#judgeHarm(bins);
    const strongest = strongestFinding(harm.due);
    if (strongest?.action === "StepDown" || strongest?.action === "Hold")
      return { act: strongest.action, lines: dueLines(this.#detection, harm.due), isOpen: true };
    const verdicts = this.#judgeGates(elapsedSeconds);
    const failed = verdicts.filter(({ verdict }) => verdict === "Fail");
    if (failed.length > 0) return { act: "GateFailed", lines: failed.map(({ gate }) => `gate ${gate}`), isOpen: true };
    const isOpen = harm.weighing.length > 0 || verdicts.some(({ verdict }) => verdict !== "Pass");
    return { act: "None", lines: [], isOpen };
  }

  #judgeGates(elapsedSeconds: number) {
    const stage = this.#plan.stages[this.#index];
    this.#dispersion = foldDispersion(this.#dispersion, {
      epoch: this.#index + 1,
      counts: listCounts(this.totals),
      now: (startSeconds + elapsedSeconds) * 1000,
      windowSeconds: durationSeconds(this.#plan.gates.window),
    });
    return judgeRamp({
      plan: this.#plan,
      minSamples: stage?.minSamples ?? 0,
      sampleRate: stage?.sampleRate ?? 1,
      totals: this.totals,
      dispersion: this.#dispersion,
      elapsedSeconds,
      baseline: this.#baseline,
      recall: judgeRecall(this.#plan, { totals: this.totals, recent: this.totals }),
    });
  }

  #judgeHarm(bins: readonly Bin[]) {
    const plan = this.#plan;
    const epoch = this.#index + 1;
    const baseline = this.#baseline;
    const differenceIsHarmless = judgeRecall(plan, { totals: this.totals, recent: this.totals }) === "proved";
    const input = { plan, epoch, baseline, pastCutover: false, differenceIsHarmless, bins };
    this.#detection = foldDetection(this.#detection, input);
    const status = stageStatus(epoch, baseline, this.#detection);
    return judgeHarm({ plan, status, serving: servingIn(epoch), sourceAnswers: true, differenceIsHarmless, now: 0 });
  }
}

const at = new Date(startSeconds * 1000).toISOString();
const noStatus = migrationStatusSchema.parse({});

function stageStatus(
  epoch: number,
  baseline: Baseline | undefined,
  detection: DetectionState | undefined,
): MigrationStatus {
  return {
    ...noStatus,
    phase: "Ramp",
    epoch,
    revision: { epoch, primary: "source", shadow: "destination", sampleRate: 1, released: false, at },
    ...(baseline === undefined ? {} : { baseline }),
    ...(detection === undefined ? {} : { detection }),
  };
}
