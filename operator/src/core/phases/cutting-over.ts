// CuttingOver: pods may serve from either store until all have followed. It ends in Guard, or in a rollback at the deadline.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { judgeCheck } from "../checks/checklist.ts";
import { judgeThroughput } from "../harm/throughput.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { labelOf, secondsSince } from "../model/status-readings.ts";
import { beginRollback } from "../steps/begin-rollback.ts";
import { describeAcks, describeShortfall, isAckOverdue, isFollowed, mostLeftNamed } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { judgeVisibility } from "./guard-visibility.ts";

/** Traffic below this was too thin before the cutover to expect a request during the validation. */
const expectedRequests = 5;

export function cuttingOver(c: Context): Outcome {
  if (isUnwritten(c)) return awaitWriting(c);
  if (isAckOverdue(c)) {
    return beginRollback(c, {
      reason: "AckTimeout",
      causes: [`${describeShortfall(c)} followed within ${c.plan.cutover.ackTimeout}: ${describeAcks(c.acks)}`],
      actor: null,
    });
  }
  if (!isFollowed(c)) return stay(c, "working", "Propagating", `cutting over: ${describeAcks(c.acks)}`);
  const waited = secondsSince(c, c.status.revision?.at);
  const throughput = judgeThroughput(c);
  if (throughput.verdict === "resumed" || (waited > 0 && expectsNobody(c))) return enterGuard(c);
  const isLate = waited > durationSeconds(c.plan.cutover.validationTimeout);
  if (isLate && throughput.verdict === "lower") {
    const cause = `retrieval_total did not resume within ${c.plan.cutover.validationTimeout} after the cutover: ${throughput.message}`;
    return beginRollback(c, { reason: "ValidationTimeout", causes: [cause], actor: null });
  }
  const message = `${describeServing(c)} from the destination; waiting for requests to resume: ${throughput.message}`;
  if (!isLate) return stay(c, "working", "Validating", message);
  // What isn't known takes nothing back, and begins no guard.
  return stay(c, "blocked", "ThroughputUnknown", `${message}; too few came to tell, a Rollback act goes back`);
}

/** The status says it and the overlay doesn't yet, as after a leader that went between the two writes: no pod can know of it. */
function isUnwritten({ observation: { overlay }, serving, meta, status }: Context): boolean {
  // What others have taken isn't ours to write: the pods' time goes on.
  if (!overlay.ok || (overlay.value?.foreignManagers.length ?? 0) > 0) return false;
  const revision = overlay.value?.document?.revision;
  const isThere = revision?.migrationUid === meta.uid && revision.epoch >= status.epoch;
  return !isThere && !serving.some((pod) => pod.status.ok && pod.status.value.config.epoch >= status.epoch);
}

/** The pods' time begins where there is something to read. After as long as a cutover takes, its evidence is no longer of the moment. */
function awaitWriting(c: Context): Outcome {
  const { cutover } = c.plan;
  const timeout = durationSeconds(cutover.ackTimeout);
  const open = [judgeCheck(c, "window"), judgeCheck(c, "approvals")].filter(({ status }) => status !== "True");
  const isStale = secondsSince(c, c.status.phaseStartedAt) > timeout + durationSeconds(cutover.validationTimeout);
  const waited = secondsSince(c, c.status.revision?.at);
  if (waited <= timeout / 2) return stay(c, "working", "Propagating", "cutting over: the overlay is being written");
  if (isStale || open.length > 0) {
    const why = [`the overlay of the cutover wasn't written in time`, ...open.map(({ message }) => message)];
    return beginRollback(c, { reason: "AckTimeout", causes: [why.join("; ")], actor: null });
  }
  return move(c, {
    phase: "CuttingOver",
    reason: "CutoverStarted",
    message: `cutting over to ${labelOf(c.status, "destination")}: the overlay wasn't written yet, the pods' time begins anew`,
    intent: { primary: "destination", shadow: "source", sampleRate: c.plan.guard.sampling.minRate, released: false },
  });
}

/** There were too few requests before to wait for one. */
function expectsNobody({ status, plan }: Context): boolean {
  const rate = status.throughput?.requestsPerSecond ?? 0;
  const usual = status.baseline?.requestsPerSecond ?? 0;
  return Math.max(rate, usual) * durationSeconds(plan.cutover.validationTimeout) < expectedRequests;
}

/** Who was left behind serves the source on, by the overlay's deadline. */
function describeServing({ acks }: Context): string {
  return acks.state === "all" ? "every pod serves" : `${describeAcks(acks)}; the pods that follow serve`;
}

/** The pods that the cutover goes on without. */
function leftBehind({ acks, serving }: Context): Pick<MigrationStatus, "cutover"> {
  const names = new Set([...acks.fenced, ...acks.lost]);
  const fenced = serving.filter(({ name }) => names.has(name)).map(({ name, uid }) => ({ name, uid }));
  return fenced.length === 0 ? {} : { cutover: { fenced: fenced.slice(0, mostLeftNamed), fencedPods: fenced.length } };
}

function enterGuard(c: Context): Outcome {
  return move(c, {
    phase: "Guard",
    reason: "CutOver",
    message: `${describeServing(c)} from ${labelOf(c.status, "destination")}; guarding for ${c.plan.guard.duration}`,
    forget: ["ramp"],
    patch: {
      ...leftBehind(c),
      guard: {
        startedAt: c.nowIso,
        tickedAt: c.nowIso,
        visibility: judgeVisibility(c),
        watchedSeconds: 0,
        idleSeconds: 0,
        unobservedSeconds: 0,
      },
    },
  });
}
