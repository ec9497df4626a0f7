// What the API server of a simulation holds writes to: the CEL rules of the resource, and who owns the overlay.
// Throws on what production would never get through; it holds nothing itself.
import { hash as digest } from "node:crypto";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isLegalStep } from "@retriever/crds/status/phase-steps.ts";
import { overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import type { Effect } from "#core/model/decision.ts";
import type { OverlayObservation } from "#core/model/workload.ts";

/** What the CEL rules of the resource hold every update to, and what no update may do on top of that. */
export function checkStatus(before: MigrationStatus, after: MigrationStatus): void {
  const refuse = (what: string): never => {
    throw new Error(`${what}: ${before.phase} ${before.epoch} to ${after.phase} ${after.epoch} (${after.message})`);
  };
  if (!isLegalStep(before.phase, after.phase)) refuse("illegal step");
  if (after.epoch < before.epoch) refuse("the epoch fell");
  if (before.rollback !== undefined && after.rollback === undefined) refuse("the rollback was lost");
  if (before.rollback !== undefined && after.revision?.primary === "destination") refuse("the rollback was undone");
  const isReplanned = ["Preflight", "AwaitingApproval"].includes(before.phase) && after.planHash !== before.planHash;
  if (before.plan !== "" && after.plan !== before.plan && !isReplanned) refuse("the plan changed");
  const types = after.conditions.filter(({ status }) => status === "True").map(({ type }) => type);
  if (types.includes("Reconciling") && types.includes("Stalled")) refuse("both Reconciling and Stalled");
  if (after.message === "" || after.message.includes("undefined") || after.message.includes("NaN"))
    refuse("no message to go by");
}

/** The overlay after the operator has written it. */
export function overlayAfter(
  before: OverlayObservation | null,
  { document, text, intent, force }: Extract<Effect, { kind: "applyOverlay" }>,
): OverlayObservation {
  const isForeign = (before?.foreignManagers.length ?? 0) > 0;
  if (isForeign && !force) throw new Error("a forward step took the overlay from another manager");
  const written = before?.document?.revision.epoch ?? 0;
  if (written > document.revision.epoch) throw new Error(`the overlay's epoch fell from ${written}`);
  overlaySchema.parse(JSON.parse(text));
  const hash = digest("sha256", text);
  return { text, hash, document, hasFinalizer: true, deleting: false, intent, foreignManagers: [] };
}
