// What to run, given the documents as they are now and what is in force. The rules of base and overlay, and no I/O.

import type { Filterable } from "@retriever/stores/config/filterable.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { Normalization } from "@retriever/stores/config/normalization.ts";
import { choiceFault, type StoreChoice } from "@retriever/stores/config/store-spec.ts";
import type { Fault } from "@retriever/stores/errors.ts";
import type { ExactSearchSetting } from "#contract/base.ts";
import { followOverlay, type ReadingProcess, servingOf } from "#contract/follow-overlay.ts";
import { isPinned, type Overlay, type StoreName } from "#contract/overlay.ts";
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
  /** What requests may filter by; absent: the base declares nothing. */
  readonly filterable?: Filterable | undefined;
  /** Names of content that requests may include; absent: none. */
  readonly select?: readonly string[];
  /** Places of credentials that stand in the base as plain text. */
  readonly plainCredentials: readonly string[];
};
/** The destination is given as looked up; how it was written down is its adapter's matter. */
export type OverlayReading = {
  readonly overlay: Omit<Overlay, "destination">;
  readonly hash: string;
  readonly destination: StoreChoice;
  /** Keys that this version doesn't know, dotted; the first ones. */
  readonly ignoredKeys?: readonly string[];
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
  readonly active: ActiveConfig | null;
  readonly clock: Pick<ReadingProcess, "startedAtMs" | "nowMs">;
};

/** What the sidecar runs. */
export type ActiveConfig = {
  /** Null: the base alone. */
  readonly overlay: OverlayReading | null;
  readonly overlayState: "absent" | "in-force" | "vanished";
  /** Epoch of an overlay that came too late to be followed; null: none. */
  readonly fenced: number | null;
  readonly base: BaseReading;
  /** The base's primary as last read; null when it can't be read. */
  readonly baseIdentity: StoreIdentity | null;
  readonly sourceChanged: boolean;
  readonly primary: StoreName;
  readonly shadow: StoreName | "none";
  readonly sampleRate: number;
  /** Left out: `sampleRate` whatever the traffic. */
  readonly sampling?: Overlay["sampling"];
  readonly thresholds: Thresholds;
  readonly source: StoreChoice | null;
  readonly destination: StoreChoice | null;
};

type ActivationDecision =
  | { readonly kind: "run"; readonly config: ActiveConfig; readonly fault: Fault | null }
  /** Starting, nothing to serve from yet: stay up, not ready, and read the documents again. */
  | { readonly kind: "wait"; readonly fault: Fault }
  | { readonly kind: "exit"; readonly fault: Fault };

/** Epoch of the overlay that is active; 0: the base alone. */
export function epochOf({ overlay }: ActiveConfig): number {
  return overlay?.overlay.revision.epoch ?? 0;
}

const defaultThresholds: Thresholds = { scoreDelta: scoreDeltaThreshold, latencyDeltaMs: latencyDeltaThresholdMs };

/** Total. A running sidecar always gets a configuration: in doubt the one it has. */
export function decideActivation(input: ActivationInput): ActivationDecision {
  return input.active === null ? decideStart(input) : decideChange(input, input.active);
}

function decideStart({ base, overlay }: ActivationInput): ActivationDecision {
  if (base.kind === "invalid") return { kind: "exit", fault: base.fault };
  if (overlay.kind === "invalid") return { kind: "wait", fault: overlay.fault };
  if (overlay.kind === "absent") return orExit(configOfBase(base.value));
  const derived = configOfOverlay(base.value, overlay.value, null);
  const fault = primaryFault(derived.config);
  if (fault === undefined) return { kind: "run", ...derived };
  return derived.config.primary === "source" ? { kind: "exit", fault } : { kind: "wait", fault };
}

function orExit(config: ActiveConfig): ActivationDecision {
  const fault = primaryFault(config);
  return fault === undefined ? { kind: "run", config, fault: null } : { kind: "exit", fault };
}

/** A broken base never blocks an overlay: otherwise it would block a rollback. */
function decideChange({ base, overlay, clock }: ActivationInput, active: ActiveConfig): ActivationDecision {
  const baseFault = base.kind === "invalid" ? base.fault : null;
  const lastBase = base.kind === "valid" ? base.value : active.base;
  if (overlay.kind === "invalid") return keep(active, base, overlay.fault);
  const offered = overlay.kind === "valid" ? overlay.value : null;
  const process = { ...clock, fenced: active.fenced };
  const following = followOverlay(offered, active.overlay, (reading) => reading.overlay, process);
  if (following.kind === "keep") return keep({ ...active, fenced: null }, base, olderEpoch(offered, active));
  if (following.kind === "fenced") return keep({ ...active, fenced: following.epoch }, base, baseFault);
  if (following.kind === "base") return adopt(configOfBase(lastBase), baseFault, active, base);
  const { config, fault } = configOfOverlay(lastBase, following.file, active);
  const derived: ActiveConfig = following.kind === "vanished" ? { ...config, overlayState: "vanished" } : config;
  return adopt(derived, baseFault ?? fault, active, base);
}

/** Only a primary that can't be used stops a change. */
function adopt(
  config: ActiveConfig,
  fault: Fault | null,
  active: ActiveConfig,
  base: ActivationInput["base"],
): ActivationDecision {
  const hindrance = primaryFault(config);
  if (hindrance !== undefined) {
    return keep({ ...active, overlayState: config.overlayState, fenced: null }, base, hindrance);
  }
  return { kind: "run", config: { ...config, ...baseFacts(base, config) }, fault };
}

function keep(active: ActiveConfig, base: ActivationInput["base"], fault: Fault | null): ActivationDecision {
  return { kind: "run", config: { ...active, ...baseFacts(base, active) }, fault };
}

function baseFacts(
  base: ActivationInput["base"],
  config: ActiveConfig,
): Pick<ActiveConfig, "baseIdentity" | "sourceChanged"> {
  if (base.kind === "invalid") return { baseIdentity: null, sourceChanged: config.sourceChanged };
  const identity = base.value.source.identity;
  const sourceChanged = config.overlay === null ? config.sourceChanged : isChanged(identity, config.overlay);
  return { baseIdentity: identity, sourceChanged };
}

function isChanged(identity: StoreIdentity | null, reading: OverlayReading | null): boolean {
  return reading !== null && identity !== null && !isPinned(identity, reading.overlay.source);
}

function configOfBase(base: BaseReading): ActiveConfig {
  return {
    overlay: null,
    overlayState: "absent",
    fenced: null,
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

type Derived = { readonly config: ActiveConfig; readonly fault: Fault | null };

function configOfOverlay(base: BaseReading, reading: OverlayReading, active: ActiveConfig | null): Derived {
  const { overlay } = reading;
  const source = pinnedSource(base, overlay.source, active);
  const serving = servingOf(overlay, source !== null);
  if (serving === null) return configOfForeignBase(base);
  const config: ActiveConfig = {
    ...serving,
    overlay: reading,
    overlayState: "in-force",
    fenced: null,
    base,
    baseIdentity: base.source.identity,
    sourceChanged: isChanged(base.source.identity, reading),
    ...(overlay.sampling === undefined || serving.shadow === "none" ? {} : { sampling: overlay.sampling }),
    thresholds: overlay.thresholds,
    source,
    // After a rollback only a repair opens it.
    destination: overlay.rollback === true ? null : reading.destination,
  };
  return { config, fault: null };
}

/** The base has another store than the migration began with: it serves, alone, and the overlay stays unacknowledged. */
function configOfForeignBase(base: BaseReading): Derived {
  const config: ActiveConfig = {
    ...configOfBase(base),
    shadow: "none",
    sampleRate: 0,
    destination: null,
    sourceChanged: true,
  };
  const message = "base primary: expected the store the migration began with; the base serves without the overlay";
  return { config, fault: { code: "RETR_SOURCE_CHANGED", message, path: "primary" } };
}

/**
 * The adapter of the pinned store: the base's if it still is that store, else the one that has been running.
 * A base of unknown location (credential missing) counts as the pinned store; it can't be connected to anyway.
 */
function pinnedSource(base: BaseReading, pin: Overlay["source"], active: ActiveConfig | null): StoreChoice | null {
  const running = active?.source ?? null;
  const isRunning = isPinnedChoice(running, pin);
  const { source } = base;
  if (isPinnedChoice(source, pin)) {
    return choiceFault(source) !== undefined && isRunning ? running : source;
  }
  if (isRunning) return running;
  return source.identity === null ? source : null;
}

function isPinnedChoice(choice: StoreChoice | null, pin: Overlay["source"]): boolean {
  const identity = choice?.identity ?? null;
  return identity !== null && isPinned(identity, pin);
}

function primaryFault(config: ActiveConfig): Fault | undefined {
  const choice = config.primary === "source" ? config.source : config.destination;
  return choice === null ? undefined : choiceFault(choice);
}

function olderEpoch(offered: OverlayReading | null, active: ActiveConfig): Fault {
  const [last, next] = [active.overlay?.overlay.revision.epoch, offered?.overlay.revision.epoch];
  const message = `revision.epoch: expected at least ${last}, the one in force of the same migration, got ${next}`;
  return { code: "RETR_CONFIG_INVALID", message, path: "revision.epoch" };
}
