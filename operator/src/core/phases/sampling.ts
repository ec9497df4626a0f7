// WarmUp and Ramp: a stage ends when its time has passed and every gate passes on enough samples.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { Stage } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { validationResult } from "../checks/staging.ts";
import { type FailedGate, failedGates, unpassed } from "../gates/failed.ts";
import { triedSamples } from "../gates/gate-counts.ts";
import { measureBaseline } from "../harm/baseline.ts";
import { byStrength } from "../harm/finding.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { instantMs, secondsSince } from "../model/status-readings.ts";
import { countsByPod } from "../pods/thirds.ts";
import { enterFirstStage } from "../steps/enter-stage.ts";
import { holdAlone } from "../steps/hold-alone.ts";
import { awaitAcks, isFollowed } from "../steps/propagation.ts";
import { stepDown } from "../steps/step-down.ts";
import { move, stay } from "../steps/transition.ts";
import { endOfNextSpan, localTime } from "../time/calendar.ts";

type StageStatus = NonNullable<MigrationStatus["stage"]>;

/** The stage that is being sampled, by its plan, by the status, and by what was counted. */
type Place = {
  readonly plan: Stage;
  readonly stage: StageStatus;
  readonly totals: Counters;
  /** `stage 1 of 3 at rate 0.02`. */
  readonly name: string;
};

export function sampling(c: Context): Outcome {
  const { stage } = c.status;
  const plan = stage === undefined ? undefined : c.plan.stages[stage.index];
  if (stage === undefined || plan === undefined)
    return stay(c, "blocked", "StageUnknown", "the status names a stage the plan doesn't have");
  if (c.status.harm?.heldSince !== undefined)
    return stay(
      c,
      "blocked",
      "Held",
      "held at rate 0 after harm; create a Resume act to begin again with the first stage",
    );
  if (c.status.revision?.sampleRate === 0) return resume(c);
  if (!isFollowed(c)) return awaitAcks(c);
  const totals = c.totals ?? noCounters();
  const at: Place = { plan, stage, totals, name: describeStage(c, stage, plan) };
  if (triedSamples(totals) === 0) return waitForSample(c, at);
  return stage.startedAt === undefined ? startClock(c, at) : judgeStage(c, at);
}

/** After a Resume from a hold: the first stage again, once every pod follows. */
function resume(c: Context): Outcome {
  if (!isFollowed(c)) return awaitAcks(c);
  return enterFirstStage(c, {
    phase: c.status.phase,
    reason: "SamplingResumed",
    what: "begins again with the first stage",
  });
}

/** No stage's clock runs before the first sample. */
function waitForSample(c: Context, at: Place): Outcome {
  const seen = `${at.totals.requests} ${plural(at.totals.requests, "request")} seen at rate ${c.status.revision?.sampleRate}`;
  return overdue(c, at, stay(c, "waiting", "NoSamples", `waiting for the first sample; ${seen}`));
}

function startClock(c: Context, { stage, name }: Place): Outcome {
  const started = stay(c, "working", "Sampling", name);
  const status = { ...started.status, stage: { ...stage, startedAt: c.nowIso } };
  if (c.plan.mode !== "Validate") return { ...started, status };
  return { ...started, status: { ...status, validation: { startedAt: c.nowIso, ...status.validation } } };
}

function judgeStage(c: Context, at: Place): Outcome {
  const failed = failedGates(c);
  if (failed.length > 0) return failGates(c, failed);
  if (c.gatesAlone.length > 0) return overdue(c, at, holdAlone(c, c.gatesAlone));
  const elapsed = secondsSince(c, at.stage.startedAt);
  const needed = Math.max(durationSeconds(at.plan.minDuration), durationSeconds(c.plan.gates.minDwell));
  const times = openTimes(c, at, needed - elapsed);
  const undecided = unpassed(c);
  const isOpen = undecided.length > 0 || !c.harm.known || c.harm.weighing.length > 0;
  if (times.length === 0 && !isOpen) return nextStage(c, at, elapsed);
  const reasons = [
    ...times,
    firstCauses(undecided.map((gate) => gate.message)),
    firstCauses(byStrength(c.harm.findings).map((finding) => finding.message)),
    ...(c.harm.known ? [] : ["no pod has fresh evidence"]),
  ];
  const sampled = stay(c, "working", "Sampling", `${at.name}: ${reasons.filter((reason) => reason !== "").join("; ")}`);
  return isOpen ? overdue(c, at, sampled) : sampled;
}

/** Past the deadline a person has to act. It goes on by itself only on evidence, as before. */
function overdue(c: Context, { plan, stage }: Place, outcome: Outcome): Outcome {
  if (secondsSince(c, c.status.revision?.at) <= durationSeconds(plan.deadline)) return outcome;
  const message = `past stages[${stage.index}].deadline ${plan.deadline}, held until the evidence is there; more traffic helps, or an Abort act and a plan with a higher rate: ${outcome.status.message}`;
  return stay(c, "blocked", "StageOverdue", message);
}

/** What has to be waited for, whatever the gates say: the stage's time, a region's peak, the validation's soak. */
function openTimes(c: Context, { plan: { untilPeak }, stage }: Place, leftSeconds: number): string[] {
  const startedAt = instantMs(stage.startedAt) ?? c.now;
  const peakEndsAt = untilPeak === undefined ? c.now : endOfNextSpan(untilPeak, startedAt);
  const soakLeft = soakLeftSeconds(c, stage);
  return [
    ...(leftSeconds > 0 ? [`${printDuration(leftSeconds)} of the stage are left`] : []),
    ...(untilPeak !== undefined && peakEndsAt > c.now
      ? [
          `the peak from ${untilPeak.from} to ${untilPeak.to} has to be sampled whole, until ${localTime(peakEndsAt, untilPeak.timeZone)}`,
        ]
      : []),
    ...(soakLeft > 0 ? [`${printDuration(soakLeft)} of the validation are left`] : []),
  ];
}

/** The last stage of a validation lasts until the whole of it has; a step down begins it anew. */
function soakLeftSeconds(c: Context, { index }: StageStatus): number {
  const isLast = index === c.plan.stages.length - 1;
  if (c.plan.mode !== "Validate" || !isLast) return 0;
  return durationSeconds(c.plan.validate.duration) - secondsSince(c, c.status.validation?.startedAt);
}

/** A failed gate does what its threshold's line says. */
function failGates(c: Context, failed: readonly FailedGate[]): Outcome {
  const messages = failed.map(({ verdict }) => verdict.message);
  if (failed.some(({ action }) => action === "StepDown")) return stepDown(c, messages);
  return stay(
    c,
    "blocked",
    "GateFailed",
    `held until the evidence is within the limit, or an Abort act: ${firstCauses(messages)}`,
  );
}

function nextStage(c: Context, { stage, totals }: Place, elapsed: number): Outcome {
  const index = stage.index + 1;
  const next = c.plan.stages[index];
  const pods = countsByPod(c.serving, c.status.epoch).map(({ counters }) => counters);
  const kept = { baseline: measureBaseline(totals, elapsed, c.status.baseline, pods) };
  if (next !== undefined) {
    return move(c, {
      phase: "Ramp",
      reason: "StagePassed",
      message: `stage ${index} of ${c.plan.stages.length} passed; sampling at rate ${next.sampleRate}`,
      intent: { primary: "source", shadow: "destination", sampleRate: next.sampleRate, released: false },
      patch: { ...kept, stage: { index, count: c.plan.stages.length, sampleRate: next.sampleRate } },
    });
  }
  if (c.plan.mode === "Validate") {
    const result = validationResult(c.plan, c.meta.uid, c.nowIso);
    const validation = { startedAt: c.nowIso, ...c.status.validation, result };
    return move(c, {
      phase: "Validated",
      reason: "Validated",
      message: `${c.plan.stages.length === 1 ? "the stage" : `all ${c.plan.stages.length} stages`} passed; the shadow is off again. Result ${result}`,
      intent: { primary: "source", shadow: "none", sampleRate: 0, released: false },
      patch: { ...kept, validation, completedAt: c.nowIso },
      standing: "waiting",
    });
  }
  return move(c, {
    phase: "AwaitingCutover",
    reason: "RampPassed",
    message: "every stage passed; waiting for the cutover",
    patch: kept,
    standing: "waiting",
  });
}

function describeStage(c: Context, { index }: StageStatus, plan: Stage): string {
  return `stage ${index + 1} of ${c.plan.stages.length} at rate ${plan.sampleRate}`;
}
