// RollingBack: waits until every pod reports the pinned source as its primary, or is left there by the deadline of the
// cutover. No act and no finding ends it earlier.

import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { isSameStore } from "@retriever/stores/config/identity.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { labelOf } from "../model/status-readings.ts";
import { answeredStatuses, nameSome } from "../pods/pods.ts";
import { awaitRetry } from "../steps/await-retry.ts";
import { describeAcks, isFollowed } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { driftResolvedFact, servedFor } from "../verification/drift-resolved.ts";
import { isLateRollback } from "../verification/purpose.ts";
import { compareAfterRollback } from "./verifying-drift.ts";

export function rollingBack(context: Context): Outcome {
  const waiting = awaitPods(context);
  if (waiting !== undefined) return waiting;
  const c = endServing(context);
  if (c.status.phase === "RollingBack" && wantsComparison(c)) {
    const when = servedFor(c.status);
    return move(c, {
      phase: "VerifyingDrift",
      reason: "VerifyingDrift",
      message: `every pod serves from ${labelOf(c.status, "source")} again, ${when}; comparing what was written since`,
    });
  }
  if (c.status.phase !== "VerifyingDrift") return ended(c);
  const compared = compareAfterRollback(c);
  return compared.outcome ?? ended(compared.context);
}

/** Undefined once every pod is back. */
function awaitPods(c: Context): Outcome | undefined {
  const { source } = c.status;
  const elsewhere = answeredStatuses(c.observation).filter(
    (pod) => source === undefined || !isSameStore(pod.config.primaryIdentity, source),
  );
  if (!isFollowed(c) || elsewhere.length > 0) {
    const message = `rolling back: ${describeAcks(c.acks)}${describeElsewhere(c, elsewhere)}`;
    return stay(c, "working", "Propagating", message);
  }
  return undefined;
}

/** Who is served by another store, and what takes it back: only where the base names that store is it the base. */
function describeElsewhere(c: Context, elsewhere: readonly SidecarStatus[]): string {
  const { source } = c.status;
  const isMisled = ({ base }: SidecarStatus): boolean =>
    base === null || source === undefined || !isSameStore(base, source);
  const parts = [
    { pods: elsewhere.filter(isMisled), remedy: `make the base name ${labelOf(c.status, "source")} again` },
    { pods: elsewhere.filter((pod) => !isMisled(pod)), remedy: "restart who doesn't read the overlay" },
  ].filter(({ pods }) => pods.length > 0);
  return parts
    .map(({ pods, remedy }) => `; served from elsewhere by ${nameSome(pods.map((pod) => pod.podName))}: ${remedy}`)
    .join("");
}

/** A rollback is as late as its last pod: until then the destination was written to. */
function endServing(c: Context): Context {
  const { rollback } = c.status;
  if (rollback === undefined || rollback.servedUntil !== undefined) return c;
  return { ...c, status: { ...c.status, rollback: { ...rollback, servedUntil: c.nowIso } } };
}

/** Only once every pod is back, and never while somebody waits for the object to go. */
function wantsComparison({ plan, status, meta }: Context): boolean {
  const isServed = status.cutoverAt !== undefined;
  return isServed && plan.rollback.integrity === "Verify" && isLateRollback(plan, status) && !meta.deleting;
}

function ended(c: Context): Outcome {
  const causes = firstCauses(c.status.rollback?.causes ?? []);
  const drift = c.status.phase === "VerifyingDrift" ? driftResolvedFact(c.plan, c.status) : undefined;
  const found = drift === undefined ? "" : `. ${drift.message}`;
  const end = `every pod serves from ${labelOf(c.status, "source")} again${describeLeft(c)}. Cause: ${causes}${found}`;
  return awaitRetry(c, end) ?? rolledBack(c, end);
}

/** Who was never seen to read the rollback: it reads on by what it has, and is no longer waited for. */
function describeLeft({ acks }: Context): string {
  return acks.state === "all" ? "" : `, though not all have read that: ${describeAcks(acks)}; restart who lags`;
}

function rolledBack(c: Context, end: string): Outcome {
  return move(c, {
    phase: "RolledBack",
    reason: c.status.rollback?.reason ?? "RolledBack",
    message: `rolled back: ${end}`,
    standing: "waiting",
    warning: true,
  });
}
