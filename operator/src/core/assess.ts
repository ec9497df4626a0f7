// Judges the observation once per reconcile: the facts on which preemptions and phases decide.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { addCounters, type Counters } from "@retriever/sidecar/contract/evidence.ts";
import { judgeReachable } from "./checks/reachable.ts";
import { isAnsweringNow, judgeRollbackReady } from "./checks/rollback-ready.ts";
import { judgeContent } from "./detection/content-gate.ts";
import { foldDetection } from "./detection/detection.ts";
import { type Bin, newBins } from "./detection/new-bins.ts";
import { judgeSlices } from "./detection/slices.ts";
import { foldDispersion } from "./gates/dispersion-state.ts";
import { listCounts } from "./gates/gate-counts.ts";
import type { JudgedGate } from "./gates/judge-rate-gates.ts";
import { judgeRamp } from "./gates/ramp.ts";
import { judgeRecall, type RecallVerdict } from "./gates/recall.ts";
import { judgeHarm } from "./harm/harm.ts";
import { configMapNameOf } from "./model/config-map-name.ts";
import type { Context } from "./model/context.ts";
import type { Migration } from "./model/migration.ts";
import type { Observation } from "./model/observation.ts";
import { instantMs, isPastCutover } from "./model/status-readings.ts";
import { type ActsApplied, applyActs } from "./people/acts.ts";
import { voidCompletion } from "./people/guard-completion.ts";
import { addCounted, foldEvidence, openCounters, sumWindow, totalsOf } from "./pods/epoch-evidence.ts";
import { servingPods, storeViews } from "./pods/pods.ts";
import { countsByPod, type PodCount } from "./pods/thirds.ts";
import { acksOf } from "./steps/propagation.ts";
import { putOffStage } from "./steps/put-off-stage.ts";
import { spansOf } from "./time/evidence-spans.ts";
import { foldVerification } from "./verification/fold.ts";
import { foldSmokeTests } from "./verification/smoke-tests.ts";
import { foldWriters } from "./verification/writer-runs.ts";

type Judged = Pick<Context, "plan" | "status" | "totals" | "now">;

/** Judges everything there is to judge. Pure; `now` in epoch ms. */
export function assess(migration: Migration, plan: MigrationSpec, observation: Observation, now: number): Context {
  const nowIso = new Date(now).toISOString();
  const acted: ActsApplied = applyActs({ meta: migration.meta, status: migration.status, plan, observation, now });
  const serving = servingPods(observation) ?? [];
  const reportName = configMapNameOf(migration.meta, "drift");
  const tested = foldSmokeTests({ status: acted.status, plan, observation, now });
  const written = foldWriters({ meta: migration.meta, status: tested, plan, observation, nowIso });
  const folded = foldVerification({ status: written, plan, observation, reportName, now });
  const { status: counted, bins } = gatherEvidence(folded, observation, now);
  const { evidence } = counted;
  const totals = epochTotals(counted, observation);
  const windowed = gatherWindows(counted, plan, totals, now);
  const pods = countsByPod(serving, counted.epoch);
  const { detection: span } = spansOf(plan);
  const recall = judgeRecall(plan, {
    totals,
    recent: sumWindow(serving, counted.epoch, span).counters,
    lost: evidence?.lost ?? 0,
    pods,
    recentPods: countsByPod(serving, counted.epoch, span),
  });
  const differenceIsHarmless = recall === "proved";
  const sourceFails = judgeRollbackReady(plan, windowed, observation).reason === "SourceFailing";
  const gathered = detectHarm(windowed, { plan, differenceIsHarmless, sourceFails, bins });
  const sources = storeViews(observation, "source");
  const sourceAnswers = sources.filter(isAnsweringNow).length * 2 >= Math.max(1, serving.length);
  const { alerts } = observation;
  const harm = judgeHarm({ plan, status: gathered, serving, sourceAnswers, differenceIsHarmless, now, alerts });
  const { status, announcements } = voidCompletion(gathered, harm, now);
  const acks = acksOf({ migration, status, plan, observation, now, nowIso });
  const judged = gatesOf({ plan, status, totals, now }, pods, recall);
  return {
    migration,
    meta: migration.meta,
    plan,
    observation,
    status,
    now,
    nowIso,
    serving,
    acks,
    totals,
    gates: judged.map(({ isAlone: _isAlone, ...verdict }) => verdict),
    gatesAlone: judged.flatMap(({ isAlone, message }) => (isAlone === true ? [message] : [])),
    harm,
    rollbackReady: judgeRollbackReady(plan, status, observation),
    reachable: judgeReachable(
      observation,
      plan.thresholds.content,
      acks.state === "quorum" ? acks.pods - acks.matched : 0,
    ),
    actAnnouncements: [...acted.announcements, ...announcements],
    ...(acted.promote === undefined ? {} : { promote: acted.promote }),
    pollMs: pollMs(plan),
  };
}

/** What the epoch in force has counted by now, whether a status was written since or not; null while nothing is sampled. */
export function countedBy(now: number, status: MigrationStatus, observation: Observation): Counters | null {
  return epochTotals(gatherEvidence(status, observation, now).status, observation);
}

function epochTotals({ epoch, evidence }: MigrationStatus, { pods }: Observation): Counters | null {
  if (evidence === undefined) return null;
  return addCounters(totalsOf(evidence), openCounters(pods.ok ? pods.value : [], epoch));
}

type Gathered = { readonly status: MigrationStatus; readonly bins: readonly Bin[] };

/**
 * Only what is being sampled is recorded, with the bins that are new: both are written together, or neither. A failed list
 * of pods says nothing about anybody.
 */
function gatherEvidence(status: MigrationStatus, { pods }: Observation, nowMs: number): Gathered {
  if (!isRecorded(status) || !pods.ok) return { status, bins: [] };
  const { epoch, detection, evidence: before } = status;
  const now = Math.floor(nowMs / 1000);
  const recordedAt = new Date(nowMs).toISOString();
  const recorded = foldEvidence(before, { epoch, listed: pods.value, recordedAt, now });
  const judged = detection?.epoch === epoch ? detection : undefined;
  const judgedFrom = judged === undefined ? undefined : (instantMs(judged.from) ?? 0) / 1000;
  const judgedUntil = (instantMs(judged?.until) ?? 0) / 1000;
  const input = { epoch, pods: pods.value, evidence: before, recorded, judgedFrom, judgedUntil, now };
  const { bins, weights } = newBins(input);
  const counted = { ...status, evidence: addCounted(recorded, bins, weights) };
  return { status: putOffStage(counted, { bins, judgedUntil, now: nowMs }), bins };
}

type Detecting = {
  readonly plan: MigrationSpec;
  readonly differenceIsHarmless: boolean;
  readonly sourceFails: boolean;
  readonly bins: readonly Bin[];
};

function detectHarm(status: MigrationStatus, detecting: Detecting): MigrationStatus {
  const { epoch, baseline, detection } = status;
  const next = foldDetection(detection, { ...detecting, epoch, baseline, pastCutover: isPastCutover(status) });
  return next === detection || next === undefined ? status : { ...status, detection: next };
}

/** Something is being sampled, or guarded. */
function isRecorded({ revision, phase }: MigrationStatus): boolean {
  return revision !== undefined && revision.shadow !== "none" && !isFinalPhase(phase);
}

/** What the windows of a stage tell of bursts; only where gates are judged. */
function gatherWindows(
  status: MigrationStatus,
  plan: MigrationSpec,
  totals: Counters | null,
  now: number,
): MigrationStatus {
  if (totals === null || !isJudged(status) || isFinalPhase(status.phase)) return status;
  const dispersion = foldDispersion(status.dispersion, {
    epoch: status.epoch,
    counts: listCounts(totals),
    now,
    windowSeconds: durationSeconds(plan.gates.window),
  });
  return dispersion === status.dispersion ? status : { ...status, dispersion };
}

/** A stage samples the destination as the shadow. */
function isJudged({ stage, revision }: MigrationStatus): boolean {
  return stage !== undefined && revision?.shadow === "destination";
}

function gatesOf(
  { plan, status, totals, now }: Judged,
  pods: readonly PodCount[],
  recall: RecallVerdict,
): readonly JudgedGate[] {
  const { stage: at, revision } = status;
  const stage = at === undefined ? undefined : plan.stages[at.index];
  if (at === undefined || stage === undefined || revision?.shadow !== "destination") return [];
  const startedAt = instantMs(at.startedAt);
  const elapsedSeconds = startedAt === undefined ? 0 : Math.max(0, now - startedAt) / 1000;
  const { dispersion, baseline } = status;
  const lost = status.evidence?.lost ?? 0;
  const { minSamples } = stage;
  const { sampleRate } = revision;
  const detection = status.detection?.epoch === status.epoch ? status.detection : undefined;
  const slices = judgeSlices(detection, elapsedSeconds);
  return [
    ...judgeRamp({ plan, minSamples, sampleRate, totals, pods, lost, dispersion, elapsedSeconds, baseline, recall }),
    ...judgeContent({ plan, totals, pods, elapsedSeconds }),
    ...(slices === undefined ? [] : [slices]),
  ];
}

/** Every 5 s while sampling, more often when the plan's own windows are shorter. */
function pollMs(plan: MigrationSpec): number {
  const shortest = Math.min(durationSeconds(plan.gates.window), durationSeconds(plan.rollback.window) / 2);
  return Math.min(5000, Math.max(500, shortest * 500));
}
