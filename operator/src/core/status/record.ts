// What one reconcile records in the status for the next, and when that is worth a write.

import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { DetectionState } from "@retriever/crds/status/harm-status.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { triedSamples } from "../gates/gate-counts.ts";
import type { Context } from "../model/context.ts";
import { isSameData } from "../model/deep-equal.ts";
import { instantMs, isPastCutover, secondsSince } from "../model/status-readings.ts";
import { isOverlayGone } from "../overlay/overlay-state.ts";
import { servesFrom } from "../pods/acks.ts";
import { totalsOf } from "../pods/epoch-evidence.ts";
import { parseProcess } from "../pods/processes.ts";
import { isFollowed, waitedSince } from "../steps/propagation.ts";
import { clip } from "../steps/transition.ts";

type HarmStatus = NonNullable<MigrationStatus["harm"]>;

const mostNames = 20;
const mostCauses = 10;

/** Adds acknowledgements, gate verdicts and harm of the epoch in force; a new epoch begins without them. */
export function record(c: Context, next: MigrationStatus): MigrationStatus {
  if (next.revision === undefined || next.epoch !== c.status.epoch) return next;
  if (isOverlayGone(c.status, c.observation)) return withoutAcks(next);
  const { pods, matched, lagging, lost, fenced } = c.acks;
  const acks = {
    pods,
    matched,
    lagging: lagging.slice(0, mostNames),
    lost: lost.slice(0, mostNames),
    ...(fenced.length === 0 ? {} : { fenced: fenced.slice(0, mostNames) }),
    ...waitedFor(c, next),
  };
  const { harm: _harm, ...kept } = next;
  return { ...kept, ...leftBehind(c, next), acks, gates: [...c.gates], ...harmOf(c, next) };
}

/**
 * A pod that the cutover went on without isn't held at the source any longer once it serves the destination, as where its
 * process began anew: if it falls silent then, nobody knows where it is.
 */
function leftBehind(
  { serving, status: { source } }: Context,
  { cutover }: MigrationStatus,
): Pick<MigrationStatus, "cutover"> {
  if (cutover === undefined) return {};
  const isBack = servesFrom(source);
  const gone = new Set(serving.flatMap((pod) => (pod.status.ok && !isBack(pod) ? [pod.uid] : [])));
  return { cutover: { ...cutover, fenced: cutover.fenced.filter(({ uid }) => !gone.has(uid)) } };
}

/** How long a cutover has waited, remembered across the operator's absences. */
function waitedFor(c: Context, { phase }: MigrationStatus): Pick<NonNullable<MigrationStatus["acks"]>, "waited"> {
  const since = phase === "CuttingOver" && !isFollowed(c) ? waitedSince(c) : undefined;
  return since === undefined ? {} : { waited: { since, at: c.nowIso } };
}

/** After the end nobody has to follow any more. */
function withoutAcks({ acks: _acks, ...kept }: MigrationStatus): MigrationStatus {
  return kept;
}

function harmOf(c: Context, next: MigrationStatus): Pick<MigrationStatus, "harm"> {
  const causes = c.harm.findings.slice(0, mostCauses).map((finding) => clip(finding.message));
  const stepDowns = next.harm?.stepDowns ?? 0;
  const hold = holdOf(c, next);
  const { since } = c.harm;
  const nothing = [since, hold.heldSince].every((instant) => instant === undefined);
  if (causes.length === 0 && stepDowns === 0 && nothing) return {};
  return {
    harm: {
      causes,
      stepDowns,
      ...(since === undefined ? {} : { alertSince: new Date(since).toISOString() }),
      ...hold,
    },
  };
}

/**
 * A rollback that could not be made is said again when harm comes back after it had gone. That takes a while: chance refutes
 * what stands now and then, and whoever was called would be called for each time.
 */
function holdOf(c: Context, next: MigrationStatus): Pick<HarmStatus, "heldSince" | "quietSince"> {
  const { heldSince, quietSince = c.nowIso } = next.harm ?? {};
  if (heldSince === undefined) return {};
  const isQuiet = isPastCutover(next) && c.harm.known && c.harm.weighing.length === 0;
  if (!isQuiet) return { heldSince };
  return secondsSince(c, quietSince) > durationSeconds(c.plan.rollback.sustainedFor) ? {} : { heldSince, quietSince };
}

/** Clocks are written at least this often, well within the longest gap that a guard calls seen. */
const longestUnwrittenSeconds = 60;

/** The same where processes go so often that what is lost with them would decide gates: no more than a bin of it each. */
const losingSeconds = 10;
const muchLost = 0.01;

function longestUnwritten({ evidence, revision }: MigrationStatus): number {
  if (evidence === undefined || revision?.shadow !== "destination") return longestUnwrittenSeconds;
  const isLosing = evidence.lost > muchLost * triedSamples(totalsOf(evidence));
  return isLosing ? losingSeconds : longestUnwrittenSeconds;
}

/**
 * Counters move at every reconcile; writing them each time would load the API server for no decision.
 * They are written every second gate window, or once a minute where that is longer; everything else at once.
 */
export function isNews(c: Context, next: MigrationStatus): boolean {
  const before = c.migration.status;
  if (isSameData(ageless(before), ageless(next))) return false;
  if (!isSameData(stable(before), stable(next))) return true;
  const counted = latest(instantMs(before.guard?.tickedAt), instantMs(before.evidence?.recordedAt));
  const writtenAt = latest(counted, instantMs(before.acks?.waited?.at));
  const every = hasLeaving(c) ? 0 : Math.min(longestUnwritten(next), 2 * durationSeconds(c.plan.gates.window));
  return writtenAt === undefined || Math.abs(c.now - writtenAt) >= every * 1000;
}

/** What such a pod counts after the last write is lost with it. */
function hasLeaving({ observation: { pods }, status }: Context): boolean {
  if (!pods.ok || status.evidence === undefined) return false;
  const { epoch } = status;
  return pods.value.some(
    ({ terminating, status: told }) => terminating && told.ok && told.value.evidence.epoch === epoch,
  );
}

/** Where nothing was counted, evidence that only grew older is no news: a target without pods may stay so for days. */
function ageless({ gates, ...rest }: MigrationStatus): unknown {
  return { ...rest, gates: gates.map(({ windowSeconds: _windowSeconds, ...gate }) => gate) };
}

/** A clock that stands says nothing of when the counters were written. */
function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** The status without what only counts up. What the guard saw is news as soon as it counts otherwise. */
function stable(status: MigrationStatus): unknown {
  const { evidence, gates, message: _message, guard, conditions, harm, detection, acks, openChecks, ...rest } = status;
  return {
    ...rest,
    acks: acks?.waited === undefined ? acks : { ...acks, waited: acks.waited.since },
    epochOfEvidence: evidence?.epoch,
    vanishedPods: evidence?.vanishedPods,
    processes: evidence?.groups.map(({ processes }) => processes.map(identityOf)),
    open: openChecks?.map(({ check, reason }) => [check, reason]),
    verdicts: gates.map((gate) => [gate.gate, gate.verdict]),
    flags: conditions.map((condition) => [
      condition.type,
      condition.status,
      condition.reason,
      condition.observedGeneration,
    ]),
    guard: guard === undefined ? undefined : [guard.startedAt, countsAs(guard.visibility)],
    detection: detection === undefined ? undefined : [detection.epoch, detection.slicesChosenIn, standing(detection)],
    harm:
      harm === undefined ? undefined : [harm.alertSince === undefined, harm.stepDowns, harm.heldSince, harm.quietSince],
  };
}

/** A process that nobody wrote down would go unmissed. */
function identityOf(process: string): string {
  const { id, start } = parseProcess(process);
  return `${id} ${start}`;
}

function countsAs(visibility: NonNullable<MigrationStatus["guard"]>["visibility"]): string {
  return visibility === "idle" ? "watched" : visibility;
}

/** What stands and whether it has lasted; how much evidence there is only counts up, and what both share begins ever anew. */
function standing({ lines }: DetectionState): unknown {
  return lines.flatMap(({ line, slice, clock }) =>
    clock === undefined ? [] : [[line, slice, clock.shared === 0 ? "shared" : clock.since, clock.verdict]],
  );
}
