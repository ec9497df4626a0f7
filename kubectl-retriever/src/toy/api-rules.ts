// What the API server of a toy cluster holds writes to: the CEL rules of the resource, and who owns the overlay.
// Throws on what production would never get through; it holds nothing itself.
import { hash as digest } from "node:crypto";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isLegalStep } from "@retriever/crds/status/phase-steps.ts";
import type { Effect } from "@retriever/operator/core/model/decision.ts";
import type { OverlayObservation } from "@retriever/operator/core/model/workload.ts";
import { overlaySchema } from "@retriever/sidecar/contract/overlay.ts";

/** What the CEL rules of the resource hold every update to, and what no update may do on top of that. */
export function checkStatus(before: MigrationStatus, after: MigrationStatus): void {
  const [fault] = faultsOf(before, after);
  if (fault === undefined) return;
  throw new RangeError(`${fault}: ${before.phase} ${before.epoch} to ${after.phase} ${after.epoch} (${after.message})`);
}

function faultsOf(before: MigrationStatus, after: MigrationStatus): string[] {
  const isReplanned = ["Preflight", "AwaitingApproval"].includes(before.phase) && after.planHash !== before.planHash;
  const isTrue = (type: string): boolean => after.conditions.some((one) => one.type === type && one.status === "True");
  const isRollingBack = before.rollback !== undefined;
  const isTakenBack = after.phase === "AwaitingCutover" && after.takenBack?.at === before.rollback?.at;
  const rules: readonly [boolean, string][] = [
    [!isLegalStep(before.phase, after.phase), "illegal step"],
    [after.epoch < before.epoch, "the epoch fell"],
    [isRollingBack && after.rollback === undefined && !isTakenBack, "the rollback was lost"],
    [isRollingBack && after.revision?.primary === "destination", "the rollback was undone"],
    [before.plan !== "" && after.plan !== before.plan && !isReplanned, "the plan changed"],
    [isTrue("Reconciling") && isTrue("Stalled"), "both Reconciling and Stalled"],
    [/^$|undefined|NaN/.test(after.message), "no message to go by"],
  ];
  return rules.flatMap(([isBroken, what]) => (isBroken ? [what] : []));
}

type Apply = Extract<Effect, { kind: "applyOverlay" }>;

/** The overlay after the operator has written it. */
export function overlayAfter(before: OverlayObservation | null, apply: Apply): OverlayObservation {
  const { document, text, intent } = apply;
  const [fault] = before === null ? [] : faultsOfApply(before, apply);
  if (fault !== undefined) throw new Error(fault);
  overlaySchema.parse(JSON.parse(text));
  const hash = digest("sha256", text);
  // Who wrote the same text owns it as well.
  const foreignManagers = before?.text === text ? before.foreignManagers : [];
  return { text, hash, document, hasFinalizer: true, deleting: false, intent, foreignManagers };
}

function faultsOfApply(before: OverlayObservation, { document, force, over }: Apply): string[] {
  const written = before.document?.revision.epoch ?? 0;
  const rules: readonly [boolean, string][] = [
    [before.foreignManagers.length > 0 && !force, "a forward step took the overlay from another manager"],
    [
      over !== undefined && over.resourceVersion !== before.version?.resourceVersion,
      "the overlay that is taken over was written since",
    ],
    [
      written > document.revision.epoch && document.rollback !== true,
      `the overlay's epoch fell from ${written} to ${document.revision.epoch}`,
    ],
  ];
  return rules.flatMap(([isBroken, what]) => (isBroken ? [what] : []));
}
