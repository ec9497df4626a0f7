// WarmUp and Ramp: a stage ends when its time has passed and every gate passes on enough samples.
import { durationSeconds, printDuration } from "@retriever/crds/duration.ts";
import type { Stage } from "@retriever/crds/migration-spec.ts";
import { measureBaseline } from "../baseline.ts";
import { endOfNextSpan, localTime } from "../calendar.ts";
import type { Context } from "../context.ts";
import { enterFirstStage } from "../enter-stage.ts";
import { type FailedGate, failedGates, unpassed } from "../gates/failed.ts";
import { instantMs } from "../instant.ts";
import { move, type Outcome, secondsSince, stay } from "../outcome.ts";
import { awaitAcks } from "../propagation.ts";
import { resample } from "../resample.ts";
import { validationResult } from "../staging.ts";
import { stepDown } from "../step-down.ts";

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
  const wait = waitForEvidence(c);
  if (wait !== undefined) return wait;
  if (stage.startedAt === undefined) return startClock(c, plan);
  return judgeStage(c, plan);
}

/** After a Resume from a hold: the first stage again, once every pod follows. */
function resume(c: Context): Outcome {
  if (c.acks.state !== "all") return awaitAcks(c);
  return enterFirstStage(c, {
    phase: c.status.phase,
    reason: "SamplingResumed",
    what: "begins again with the first stage",
  });
}

/** Acknowledgements and first sample, before the stage's clock may run. */
function waitForEvidence(c: Context): Outcome | undefined {
  if (c.acks.state !== "all") return awaitAcks(c);
  if (c.totals === null) return resample(c);
  const tried = c.totals.answered + c.totals.shadowErrors + c.totals.shadowTimeouts;
  if (tried === 0)
    return stay(
      c,
      "waiting",
      "NoSamples",
      `waiting for the first sample; ${c.totals.requests} requests seen at rate ${c.status.revision?.sampleRate}`,
    );
  return undefined;
}

function startClock(c: Context, plan: Stage): Outcome {
  const { stage } = c.status;
  const started = stay(c, "working", "Sampling", describeStage(c, plan));
  if (stage === undefined) return started;
  const status = { ...started.status, stage: { ...stage, startedAt: c.nowIso } };
  if (c.plan.mode !== "Validate") return { ...started, status };
  return { ...started, status: { ...status, validation: { startedAt: c.nowIso, ...status.validation } } };
}

function judgeStage(c: Context, plan: Stage): Outcome {
  const failed = failedGates(c);
  if (failed.length > 0) return failGates(c, failed);
  const elapsed = secondsSince(c, c.status.stage?.startedAt);
  const needed = Math.max(durationSeconds(plan.minDuration), durationSeconds(c.plan.gates.minDwell));
  const times = openTimes(c, plan, needed - elapsed);
  const undecided = unpassed(c);
  if (times.length === 0 && undecided.length === 0 && c.harm.known && c.harm.weighing.length === 0)
    return nextStage(c, elapsed);
  const reasons = [
    ...times,
    ...undecided.map((gate) => gate.message),
    ...c.harm.findings.map((finding) => finding.message),
    ...(c.harm.known ? [] : ["no pod has fresh evidence"]),
  ];
  return stay(c, "working", "Sampling", `${describeStage(c, plan)}: ${reasons.join("; ")}`);
}

/** What has to be waited for, whatever the gates say: the stage's time, a region's peak, the validation's soak. */
function openTimes(c: Context, { untilPeak }: Stage, leftSeconds: number): string[] {
  const startedAt = instantMs(c.status.stage?.startedAt) ?? c.now;
  const peakEndsAt = untilPeak === undefined ? c.now : endOfNextSpan(untilPeak, startedAt);
  const soakLeft = soakLeftSeconds(c);
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
function soakLeftSeconds(c: Context): number {
  const isLast = (c.status.stage?.index ?? 0) === c.plan.stages.length - 1;
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
    `held until the evidence is within the limit, or an Abort act: ${messages.join("; ")}`,
  );
}

function nextStage(c: Context, elapsed: number): Outcome {
  const index = (c.status.stage?.index ?? 0) + 1;
  const next = c.plan.stages[index];
  const baseline = c.totals === null ? c.status.baseline : measureBaseline(c.totals, elapsed, c.status.baseline);
  const kept = baseline === undefined ? {} : { baseline };
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
      message: `all ${c.plan.stages.length} stages passed; the shadow is off again. Result ${result}`,
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

function describeStage(c: Context, plan: Stage): string {
  const index = c.status.stage?.index ?? 0;
  return `stage ${index + 1} of ${c.plan.stages.length} at rate ${plan.sampleRate}`;
}
