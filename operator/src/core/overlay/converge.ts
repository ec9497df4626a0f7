// From the intended status to the effects that make the cluster equal to it; empty when it is.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import type { Effect, Outcome } from "../model/decision.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { isRollingBack } from "../model/status-readings.ts";
import type { OverlayIntent, OverlayObservation } from "../model/workload.ts";
import { farewellSinks, openIncidents } from "../outbox/incidents.ts";
import { jobEffects } from "../verification/effects.ts";
import { frozenBase } from "./deploy-freeze.ts";
import { whoIsAhead } from "./epochs.ts";
import { overlayFault } from "./overlay-fault.ts";
import { isOfAnother, isSeized } from "./overlay-state.ts";
import { intentOf, renderOverlay } from "./revision.ts";

export type ConvergeInput = {
  readonly meta: MigrationMeta;
  readonly plan: MigrationSpec;
  readonly observation: Observation;
  readonly status: MigrationStatus;
  readonly cleanup: Outcome["cleanup"];
};

/** Effects in the order in which they must happen. Jobs come last: nothing waits for them. */
export function converge(input: ConvergeInput): Effect[] {
  return [
    ...convergeOverlay(input),
    ...jobEffects({ ...input, target: input.plan.target.name, repairOverlay: repairOverlay(input) }),
  ];
}

/** The overlay as it was after the rollback: the one in the cluster may be gone, or another migration's. */
function repairOverlay({ meta, plan, status }: ConvergeInput): string | undefined {
  const { repair, revision } = status;
  if (repair === undefined || revision === undefined) return undefined;
  const { withoutDestination: _left, ...named } = revision;
  return renderOverlay(meta, plan, { ...status, revision: { ...named, released: false } })?.text;
}

function convergeOverlay(input: ConvergeInput): Effect[] {
  if (input.cleanup !== undefined) return cleanUp(input);
  const { meta, status } = input;
  const finalizer: Effect[] =
    meta.finalizers.includes(settleFinalizer) || meta.deleting ? [] : [{ kind: "addFinalizer" }];
  // Whoever was called is told that it is over, even where nothing was ever written.
  if (status.revision === undefined) return openIncidents(status.outbox ?? []).length > 0 ? finalizer : [];
  const overlay = overlayEffects(input);
  const effects = [...overlay, ...annotate(input, wantedAnnotation(input))];
  // Effects stop at the first that fails; nothing stands before a rollback.
  return isRollingBack(status) ? [...effects, ...finalizer] : [...finalizer, ...effects];
}

function overlayEffects(input: ConvergeInput): Effect[] {
  const { meta, plan, observation, status } = input;
  const rollingBack = isRollingBack(status);
  if (!observation.overlay.ok && !rollingBack) return [];
  const overlay = observation.overlay.ok ? observation.overlay.value : null;
  if (isGoneForGood(status, overlay)) return [];
  const rendered = renderOverlay(meta, plan, status);
  const intent = intentOf(meta, status, frozenBase(plan, status, observation));
  if (rendered === undefined || isAsIntended(overlay, rendered.text, intent)) return [];
  // What another manager wrote stays until that manager lets go, or until a rollback takes the key back.
  if (!rollingBack && isNotOurs(input, overlay, rendered.text)) return [];
  const { document, text } = rendered;
  // Whatever there is stays in force: sidecars would not follow this one.
  if (overlayFault(text) !== undefined) return [];
  const apply: Effect = { kind: "applyOverlay", document, text, intent, ...takeOver(overlay, rollingBack) };
  // A deleted object can't be revived; our finalizer lets it go and the sidecars hold on meanwhile.
  return overlay?.deleting === true ? [{ kind: "removeOverlay" }, apply] : [apply];
}

/** The overlay's key isn't for a step of this status to write: others have it, or a later document of ours is in force. */
function isNotOurs(input: ConvergeInput, overlay: OverlayObservation | null, text: string): boolean {
  const { meta, status } = input;
  const isForeign = overlay !== null && isSeized(overlay, { text, replaces: status.revision?.replaces });
  const isLater = (overlay?.document?.revision.epoch ?? 0) > status.epoch;
  return isForeign || isLater || isOfAnother(meta, overlay) || whoIsAhead(input) !== undefined;
}

type Takeover = Pick<Extract<Effect, { kind: "applyOverlay" }>, "force" | "over">;

/** A rollback takes whatever is there; a step forward only the copy of our own text that it was decided on. */
function takeOver(overlay: OverlayObservation | null, isRollback: boolean): Takeover {
  if (isRollback || overlay === null || overlay.foreignManagers.length === 0) return { force: isRollback };
  return { force: overlay.version !== undefined, ...(overlay.version === undefined ? {} : { over: overlay.version }) };
}

/** Released and removed: it must not come back. */
function isGoneForGood(status: MigrationStatus, overlay: OverlayObservation | null): boolean {
  return status.revision?.released === true && (overlay === null || overlay.deleting);
}

function isAsIntended(overlay: OverlayObservation | null, text: string, intent: OverlayIntent): boolean {
  return (
    overlay !== null &&
    overlay.text === text &&
    overlay.hasFinalizer &&
    !overlay.deleting &&
    overlay.intent?.epoch === intent.epoch &&
    overlay.intent.frozen === intent.frozen
  );
}

/** The kubelet refreshes its volumes when the annotation changes; 0 after the overlay is gone. */
function wantedAnnotation({ status, observation }: ConvergeInput): number {
  const gone = status.revision?.released === true && observation.overlay.ok && observation.overlay.value === null;
  return gone ? 0 : status.epoch;
}

function annotate({ meta, status, observation }: ConvergeInput, epoch: number): Effect[] {
  if (!observation.pods.ok) return [];
  // At its end the pods may follow a later migration's overlay.
  const { overlay } = observation;
  if (isFinalPhase(status.phase) && overlay.ok && isOfAnother(meta, overlay.value)) return [];
  const pods = observation.pods.value
    .filter((pod) => !pod.terminating && pod.annotatedEpoch !== epoch)
    .map((pod) => pod.name);
  return pods.length === 0 ? [] : [{ kind: "annotatePods", pods, epoch }];
}

function cleanUp(input: ConvergeInput): Effect[] {
  const { meta, observation, cleanup } = input;
  if (meta.deleting && farewellSinks(input.status, observation.at).length > 0) return [];
  const present = !observation.overlay.ok || observation.overlay.value !== null;
  const free: Effect[] =
    meta.finalizers.includes(settleFinalizer) && (cleanup === "nothingLeft" || meta.deleting)
      ? [{ kind: "removeFinalizer" }]
      : [];
  if (cleanup === "abandonOverlay") return present ? [{ kind: "abandonOverlay" }, ...free] : free;
  if (cleanup === "removeOverlay")
    return present ? [{ kind: "removeOverlay" }, ...annotate(input, 0)] : [...annotate(input, 0), ...free];
  return free;
}
