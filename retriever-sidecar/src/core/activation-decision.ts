// What to run, given the documents as they are now and what is in force. The rules of base and overlay, and no I/O.

import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { Normalization } from "@retriever/stores/config/normalization.ts";
import { choiceFault, type StoreChoice } from "@retriever/stores/config/store-spec.ts";
import type { Fault } from "@retriever/stores/errors.ts";
import type { ExactSearchSetting } from "#contract/base.ts";
import { followOverlay, servingOf } from "#contract/follow-overlay.ts";
import type { Overlay, StoreName } from "#contract/overlay.ts";
import { latencyDeltaThresholdMs, scoreDeltaThreshold } from "#contract/thresholds.ts";
import type { Thresholds } from "./variance.ts";

/** A valid base with its stores looked up. */
export type BaseReading = {
  readonly source: StoreChoice;
  /** The base's own shadow; null unless its dual read is enabled. */
  readonly shadow: StoreChoice | null;
  readonly sampleRate: number;
  readonly normalization: Normalization;
  /** Null: no exact search. */
  readonly exactSearch: ExactSearchSetting | null;
  /** Places of credentials that stand in the base as plain text. */
  readonly plainCredentials: readonly string[];
};
/** The destination is given as looked up; how it was written down is its adapter's matter. */
export type OverlayReading = {
  readonly overlay: Omit<Overlay, "destination">;
  readonly hash: string;
  readonly destination: StoreChoice;
};

export type ActivationInput = {
  readonly base:
    | { readonly kind: "valid"; readonly value: BaseReading }
    | { readonly kind: "invalid"; readonly fault: Fault };
  readonly overlay:
    | { readonly kind: "absent" }
    | { readonly kind: "valid"; readonly value: OverlayReading }
    | { readonly kind: "invalid"; readonly fault: Fault };
  /** Null while starting. */
  readonly inForce: Plan | null;
};

/** What runs. */
export type Plan = {
  /** Null: the base alone. */
  readonly overlay: OverlayReading | null;
  readonly overlayState: "absent" | "in-force" | "vanished";
  readonly base: BaseReading;
  /** The base's primary as last read; null when it can't be read. */
  readonly baseIdentity: StoreIdentity | null;
  readonly sourceChanged: boolean;
  readonly primary: StoreName;
  readonly shadow: StoreName | "none";
  readonly sampleRate: number;
  readonly thresholds: Thresholds;
  readonly source: StoreChoice | null;
  readonly destination: StoreChoice | null;
};

export type ActivationDecision =
  | { readonly kind: "run"; readonly plan: Plan; readonly fault: Fault | null }
  /** Starting, nothing to serve from yet: stay up, not ready, and look again. */
  | { readonly kind: "wait"; readonly fault: Fault }
  | { readonly kind: "exit"; readonly fault: Fault };

const defaultThresholds: Thresholds = { scoreDelta: scoreDeltaThreshold, latencyDeltaMs: latencyDeltaThresholdMs };

/** Total. A running sidecar always gets a plan: in doubt the one it has. */
export function decideActivation(input: ActivationInput): ActivationDecision {
  return input.inForce === null ? decideStart(input) : decideChange(input, input.inForce);
}

function decideStart({ base, overlay }: ActivationInput): ActivationDecision {
  if (base.kind === "invalid") return { kind: "exit", fault: base.fault };
  if (overlay.kind === "invalid") return { kind: "wait", fault: overlay.fault };
  if (overlay.kind === "absent") return orExit(planBase(base.value));
  const planned = planOverlay(base.value, overlay.value, null);
  const fault = primaryFault(planned.plan);
  if (fault === undefined) return { kind: "run", ...planned };
  return planned.plan.primary === "source" ? { kind: "exit", fault } : { kind: "wait", fault };
}

function orExit(plan: Plan): ActivationDecision {
  const fault = primaryFault(plan);
  return fault === undefined ? { kind: "run", plan, fault: null } : { kind: "exit", fault };
}

/** A broken base never blocks an overlay: a rollback must pass whatever the base looks like. */
function decideChange({ base, overlay }: ActivationInput, inForce: Plan): ActivationDecision {
  const baseFault = base.kind === "invalid" ? base.fault : null;
  const lastBase = base.kind === "valid" ? base.value : inForce.base;
  if (overlay.kind === "invalid") return keep(inForce, base, overlay.fault);
  const offered = overlay.kind === "valid" ? overlay.value : null;
  const following = followOverlay(offered, inForce.overlay, (reading) => reading.overlay);
  if (following.kind === "keep") return keep(inForce, base, olderEpoch(offered, inForce));
  if (following.kind === "base") return adopt(planBase(lastBase), baseFault, inForce, base);
  const { plan, fault } = planOverlay(lastBase, following.file, inForce);
  const planned: Plan = following.kind === "vanished" ? { ...plan, overlayState: "vanished" } : plan;
  return adopt(planned, baseFault ?? fault, inForce, base);
}

/** Only a primary that can't be used stands in the way of a plan. */
function adopt(plan: Plan, fault: Fault | null, inForce: Plan, base: ActivationInput["base"]): ActivationDecision {
  const hindrance = primaryFault(plan);
  if (hindrance !== undefined) return keep({ ...inForce, overlayState: plan.overlayState }, base, hindrance);
  return { kind: "run", plan: { ...plan, ...baseFacts(base, plan) }, fault };
}

function keep(inForce: Plan, base: ActivationInput["base"], fault: Fault): ActivationDecision {
  return { kind: "run", plan: { ...inForce, ...baseFacts(base, inForce) }, fault };
}

function baseFacts(base: ActivationInput["base"], plan: Plan): Pick<Plan, "baseIdentity" | "sourceChanged"> {
  if (base.kind === "invalid") return { baseIdentity: null, sourceChanged: plan.sourceChanged };
  const identity = base.value.source.identity;
  const sourceChanged = plan.overlay === null ? plan.sourceChanged : isChanged(identity, plan.overlay);
  return { baseIdentity: identity, sourceChanged };
}

function isChanged(identity: StoreIdentity | null, reading: OverlayReading | null): boolean {
  return reading !== null && identity !== null && identity.digest !== reading.overlay.source.digest;
}

function planBase(base: BaseReading): Plan {
  return {
    overlay: null,
    overlayState: "absent",
    base,
    baseIdentity: base.source.identity,
    sourceChanged: false,
    primary: "source",
    shadow: base.shadow === null ? "none" : "destination",
    sampleRate: base.shadow === null ? 0 : base.sampleRate,
    thresholds: defaultThresholds,
    source: base.source,
    destination: base.shadow,
  };
}

type Planned = { readonly plan: Plan; readonly fault: Fault | null };

function planOverlay(base: BaseReading, reading: OverlayReading, inForce: Plan | null): Planned {
  const { overlay } = reading;
  const source = pinnedSource(base, overlay.source.digest, inForce);
  const serving = servingOf(overlay, source !== null);
  if (serving === null) return planForeignBase(base);
  const plan: Plan = {
    ...serving,
    overlay: reading,
    overlayState: "in-force",
    base,
    baseIdentity: base.source.identity,
    sourceChanged: isChanged(base.source.identity, reading),
    thresholds: overlay.thresholds,
    source,
    destination: reading.destination,
  };
  return { plan, fault: null };
}

/** The base has another store than the migration began with: it serves, alone, and the overlay stays unacknowledged. */
function planForeignBase(base: BaseReading): Planned {
  const plan: Plan = { ...planBase(base), shadow: "none", sampleRate: 0, destination: null, sourceChanged: true };
  const message = "base primary: expected the store the migration began with; the base serves without the overlay";
  return { plan, fault: { code: "RETR_SOURCE_CHANGED", message, path: "primary" } };
}

/**
 * The adapter of the pinned store: the base's if it still is that store, else the one that has been running.
 * A base whose location can't be told (credential missing) is taken for the pinned one; it can't be connected to anyway.
 */
function pinnedSource(base: BaseReading, digest: string, inForce: Plan | null): StoreChoice | null {
  const running = inForce?.source ?? null;
  const isRunning = running?.identity?.digest === digest;
  const { source } = base;
  if (source.identity?.digest === digest) {
    return choiceFault(source) !== undefined && isRunning ? running : source;
  }
  if (isRunning) return running;
  return source.identity === null ? source : null;
}

function primaryFault(plan: Plan): Fault | undefined {
  const choice = plan.primary === "source" ? plan.source : plan.destination;
  return choice === null ? undefined : choiceFault(choice);
}

function olderEpoch(offered: OverlayReading | null, inForce: Plan): Fault {
  const [last, next] = [inForce.overlay?.overlay.revision.epoch, offered?.overlay.revision.epoch];
  const message = `revision.epoch: expected at least ${last}, the one in force of the same migration, got ${next}`;
  return { code: "RETR_CONFIG_INVALID", message, path: "revision.epoch" };
}
