// From intent to the exact text the pods read, and to the next epoch.
import { hash } from "node:crypto";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Revision } from "@retriever/crds/status/migration-status.ts";
import { noDestination, type Overlay, overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { OverlayIntent } from "../model/workload.ts";

export type Intent = Pick<Revision, "primary" | "shadow" | "sampleRate" | "released" | "withoutDestination">;

/** With every default, as the plan's own is. */
const noDestinationLeft = overlaySchema.shape.destination.parse(noDestination);

type RenderedOverlay = { readonly document: Overlay; readonly text: string; readonly hash: string };

/** The overlay of a revision. Deterministic: the same revision is always the same text. Undefined before acceptance. */
export function renderOverlay(
  meta: MigrationMeta,
  plan: MigrationSpec,
  status: MigrationStatus,
): RenderedOverlay | undefined {
  const { revision, source } = status;
  if (revision === undefined || source === undefined) return undefined;
  const document: Overlay = {
    schema: 1,
    revision: { epoch: revision.epoch, migrationUid: meta.uid, plan: status.planHash },
    source: pinOf(source),
    destination: revision.withoutDestination === true ? noDestinationLeft : plan.destination,
    primary: revision.primary,
    shadow: revision.shadow,
    sampleRate: revision.sampleRate,
    thresholds: {
      scoreDelta: plan.thresholds.scoreDelta.limit,
      latencyDeltaMs: plan.thresholds.latencyDelta.limitMs,
      ...(revision.scoreOffset === undefined ? {} : { scoreOffset: revision.scoreOffset }),
    },
    ...samplingOf(plan, revision),
    ...(revision.activationDeadline === undefined ? {} : { activationDeadline: revision.activationDeadline }),
    released: revision.released,
    ...(isTakenBack(status, revision) ? { rollback: true } : {}),
  };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return { document, text, hash: hash("sha256", text) };
}

/** Sidecars of earlier versions know the store without its vector, and leave out what they don't know. */
function pinOf({ digest, placeDigest }: StoreIdentity): Overlay["source"] {
  return placeDigest === undefined ? { digest } : { digest: placeDigest, storeDigest: digest };
}

/** From the decision on, and after the overlay's release as well: whatever epoch is in force, sidecars follow it. */
function isTakenBack({ rollback }: MigrationStatus, { primary, shadow }: Revision): boolean {
  return rollback !== undefined && primary === "source" && shadow === "none";
}

/** What pods decide by themselves: each has its part of what the fleet may ask for, by the pods there were when it was decided. */
function samplingOf({ guard, recall }: MigrationSpec, revision: Revision): Pick<Overlay, "sampling" | "recall"> {
  const { primary, shadow, sampleRate, pods = 1 } = revision;
  const isAdaptive = primary === "destination" && shadow === "source" && guard.sampling.mode === "Adaptive";
  const { maxRate, maxQueriesPerSecond } = guard.sampling;
  const isMeasured = recall.mode === "Adaptive" && shadow !== "none" && sampleRate > 0;
  return {
    ...(isAdaptive ? { sampling: { maxRate, maxQueriesPerSecond: share(maxQueriesPerSecond, pods) } } : {}),
    ...(isMeasured ? { recall: { maxQueriesPerSecond: share(exactSearchesPerSecond, pods) } } : {}),
  };
}

/** Exact searches of a store by all pods together. */
export const exactSearchesPerSecond = 1;

function share(perSecond: number, pods: number): number {
  return Number((perSecond / Math.max(1, pods)).toPrecision(3));
}

/** The annotation that travels with the overlay. `frozen` is the base of a deploy freeze, undefined outside of one. */
export function intentOf(meta: MigrationMeta, status: MigrationStatus, frozen?: string): OverlayIntent {
  const { rollback } = status;
  return {
    migrationUid: meta.uid,
    epoch: status.epoch,
    rollback:
      rollback === undefined ? null : { reason: rollback.reason, causes: rollback.causes, actor: rollback.actor },
    ...(frozen === undefined ? {} : { frozen }),
  };
}
