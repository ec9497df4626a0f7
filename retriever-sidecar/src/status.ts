// What `GET /v1/status` says, put together from the parts. No secret and no query text reaches it.
import { overlaySchemas, type StoreName } from "#contract/overlay.ts";
import type { SidecarStatus, StoreStatus } from "#contract/status.ts";
import type { Span } from "#core/evidence.ts";
import type { Runtime } from "#retrieve/runtime.ts";
import type { StoreHandle } from "#retrieve/store-handle.ts";
import { type Activation, epochOf } from "./activation.ts";

export type ProcessFacts = {
  readonly podUid: string;
  readonly podName: string;
  readonly startId: string;
  readonly version: string;
};
type StatusSource = Pick<Activation, "runtime" | "configFault">;

/** The status now; null while nothing is in force. */
export function makeStatus(
  facts: ProcessFacts,
  { runtime, configFault }: StatusSource,
  nowMs: number,
  spans: readonly Span[],
): SidecarStatus | null {
  if (runtime === null) return null;
  return {
    schema: 1,
    ...facts,
    readableOverlaySchemas: [...overlaySchemas],
    base: runtime.plan.baseIdentity,
    config: configOf(runtime),
    configFault:
      configFault === null ? null : { code: configFault.code, message: configFault.message, at: configFault.at },
    stores: [...storeOf("source", runtime.source, runtime), ...storeOf("destination", runtime.destination, runtime)],
    evidence: runtime.evidence.read(nowMs, spans),
  };
}

function configOf({ plan, primary }: Runtime): SidecarStatus["config"] {
  return {
    epoch: epochOf(plan),
    hash: plan.overlay?.hash ?? null,
    migrationUid: plan.overlay?.overlay.revision.migrationUid ?? null,
    primary: plan.primary,
    primaryIdentity: primary.identity,
    shadow: plan.shadow,
    sampleRate: plan.sampleRate,
    released: plan.overlay?.overlay.released ?? false,
    overlay: plan.overlayState,
    sourceChanged: plan.sourceChanged,
  };
}

function storeOf(store: StoreName, handle: StoreHandle | null, { plan }: Runtime): StoreStatus[] {
  if (handle === null) return [];
  const role = plan.primary === store ? "primary" : plan.shadow === store ? "shadow" : "none";
  return [{ store, role, ...handle.health() }];
}
