// The end of an overlay's life: once the base itself names the store that serves, the overlay is released and removed.

import { syncsData } from "@retriever/crds/spec/data-spec.ts";
import type { Revision } from "@retriever/crds/status/migration-status.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { isSameStore } from "@retriever/stores/config/identity.ts";
import { compareSource } from "../harm/throughput.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { isPastCutover, labelOf, secondsSince } from "../model/status-readings.ts";
import { isOfAnother, isSettled } from "../overlay/overlay-state.ts";
import type { Intent } from "../overlay/revision.ts";
import { countAcks, followsBase } from "../pods/acks.ts";
import { answeredStatuses, servingPods } from "../pods/pods.ts";
import { describeAcks } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { driftResolvedFact } from "../verification/drift-resolved.ts";
import { isSyncing } from "../verification/purpose.ts";
import { openTests, openWriter, type Writer, writers } from "../verification/runs.ts";
import { stopWriter, wantedWriter } from "../verification/writer-runs.ts";

/** For Completed, RolledBack and Validated. */
export function settle(c: Context): Outcome {
  const { revision } = c.status;
  if (revision === undefined || isSettled(c.status)) return settled(c);
  const { overlay } = c.observation;
  if (!overlay.ok) return stay(c, "waiting", "NotObserved", `the overlay can't be read: ${overlay.why}`);
  if (isOfAnother(c.meta, overlay.value)) return settled(c);
  if (revision.released && overlay.value === null) return leaveBase(c);
  return compareBaseline(c) ?? endOverlay(c, revision);
}

/** Releases it where every base names the serving store, then removes it. */
function endOverlay(c: Context, revision: Revision): Outcome {
  const matches = baseNamesServingStore(c);
  if (leavesDestination(c) && (revision.released || !matches)) return leaveDestination(c, revision.released);
  if (!revision.released) return matches ? release(c) : keep(c);
  if (c.acks.state !== "all")
    return stay(c, "waiting", "Propagating", `releasing the overlay: ${describeAcks(c.acks)}`);
  if (!matches) return keep(c);
  // Without an overlay its pod would take the base's stores for the migration's.
  const writing = stoppingWriters(c);
  if (writing !== undefined) return writing;
  return {
    ...stay(c, "waiting", "Releasing", "every pod may go back to its base; removing the overlay"),
    cleanup: "removeOverlay",
  };
}

/** How long the source's requests are waited for after a rollback. */
const longestComparisonSeconds = 30;

/** After a rollback from the destination, before the overlay goes: does the source do as it did before? */
function compareBaseline(c: Context): Outcome | undefined {
  const { rollback, sourceBaseline, phase } = c.status;
  const wasServed = rollback?.from === "CuttingOver" || rollback?.from === "Guard";
  if (phase !== "RolledBack" || !wasServed || rollback.baseline !== undefined) return undefined;
  const compared = sourceBaseline === undefined ? undefined : compareSource(c, sourceBaseline);
  const say = (baseline: "Confirmed" | "Differs" | "NotMeasured", words: string): Outcome =>
    move(c, {
      phase,
      reason: `Baseline${baseline}`,
      message: `rolled back (${firstCauses(rollback.causes)}); ${words}`,
      patch: { rollback: { ...rollback, baseline } },
      standing: "waiting",
      warning: baseline !== "Confirmed",
    });
  if (compared !== undefined) {
    return compared.isConfirmed
      ? say("Confirmed", `baseline confirmed: ${compared.message}`)
      : say("Differs", `the source does not do as before: ${compared.message}`);
  }
  if (sourceBaseline === undefined || secondsSince(c, c.status.phaseStartedAt) > longestComparisonSeconds) {
    return say("NotMeasured", "too few requests to compare the source with what it did before");
  }
  return stay(
    c,
    "waiting",
    "ComparingBaseline",
    `rolled back (${firstCauses(rollback.causes)}); waiting for requests to compare with`,
  );
}

function servingStore(c: Context): StoreName {
  return isPastCutover(c.status) ? "destination" : "source";
}

/** Every pod answers, and every base names the store that is primary now. */
export function baseNamesServingStore(c: Context): boolean {
  const store = c.status[servingStore(c)];
  const statuses = answeredStatuses(c.observation);
  return (
    statuses.length > 0 &&
    statuses.length === c.serving.length &&
    statuses.every(({ base }) => base !== null && store !== undefined && isSameStore(base, store))
  );
}

function release(c: Context): Outcome {
  const { phase } = c.status;
  return move(c, {
    phase,
    reason: "OverlayReleased",
    message: "the base names the store that serves; the overlay is released",
    intent: { ...atRest(c), released: true },
    standing: "waiting",
  });
}

function atRest(c: Context): Omit<Intent, "released"> {
  const isLeft = leavesDestination(c) || c.status.revision?.withoutDestination === true;
  return {
    primary: servingStore(c),
    shadow: "none",
    sampleRate: 0,
    ...(isLeft ? { withoutDestination: true } : {}),
  };
}

/** After a rollback the overlay names the destination only as long as it may hold what the source lacks. */
function leavesDestination({ plan, status }: Context): boolean {
  if (status.phase !== "RolledBack" || status.revision?.withoutDestination === true) return false;
  return (driftResolvedFact(plan, status)?.status ?? "True") === "True";
}

function leaveDestination(c: Context, released: boolean): Outcome {
  return move(c, {
    phase: c.status.phase,
    reason: "DestinationLeft",
    message: "nothing of the destination is needed any more; the overlay names it no longer",
    intent: { ...atRest(c), released },
    standing: "waiting",
  });
}

/** Somebody will change the base one day; nobody waits for us to notice. */
const unhurriedMs = 30_000;

function keep(c: Context): Outcome {
  const label = labelOf(c.status, servingStore(c));
  const message = `make the base name ${label} as its primary; until then the overlay stays and nothing may be decommissioned${describeSync(c)}`;
  return { ...stay(c, "waiting", "BaseNotUpdated", message), requeueAfterMs: Math.min(unhurriedMs, c.pollMs * 10) };
}

/** Else what the application writes to the new store meets what is synced from the old one. */
function describeSync({ plan, status }: Context): string {
  if (!syncsData(plan) || !isSyncing(status)) return "";
  return "; the sync goes on until then, or until a WritersMoved act says that the application writes to it";
}

/** The overlay is gone; wait until the pods say so too. */
function leaveBase(c: Context): Outcome {
  const acks = countAcks(servingPods(c.observation), { follows: followsBase });
  if (acks.state === "waiting" || acks.state === "unknown")
    return stay(c, "waiting", "Propagating", `the overlay is gone: ${describeAcks(acks)}`);
  return settled(c);
}

function settled(c: Context): Outcome {
  const repair = wantedWriter(c, "repair");
  if (repair !== undefined)
    return stay(c, "waiting", "RepairingDrift", `Job ${repair.job} brings chunks of the destination to the source`);
  const writing = stoppingWriters(c);
  if (writing !== undefined) return writing;
  const [test] = openTests(c.status);
  if (test !== undefined) return stay(c, "waiting", "StoppingTests", `waiting for Job ${test.job} to be gone`);
  const done = stay(c, "waiting", "Settled", describeEnd(c));
  return { ...done, requeueAfterMs: null, cleanup: "nothingLeft" };
}

const stopping: Readonly<Record<Writer, string>> = {
  copy: "StoppingCopy",
  sync: "StoppingSync",
  repair: "StoppingRepair",
};

/** Nothing is settled while a Job of ours may write to a store. */
function stoppingWriters(c: Context): Outcome | undefined {
  // A repair that is wanted has an overlay of its own.
  const isEnding = (one: Writer): boolean => one !== "repair" || wantedWriter(c, one) === undefined;
  const which = writers.find((one) => openWriter(c.status, one) !== undefined && isEnding(one));
  if (which === undefined) return undefined;
  const status = stopWriter(c.status, which, c.nowIso);
  return stay({ ...c, status }, "waiting", stopping[which], `waiting for Job ${status[which]?.job} to be gone`);
}

/** How it ended stays readable: the last sentence of a rollback is its cause. */
function describeEnd({ status }: Context): string {
  if (status.revision === undefined) return status.message;
  const end = "settled: nothing of this migration is in force any more";
  return status.rollback === undefined ? end : `rolled back (${firstCauses(status.rollback.causes)}) and ${end}`;
}
