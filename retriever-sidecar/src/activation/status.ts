// What the admin listener and the metrics report of the activation. No secret and no query text reaches it.
import { overlaySchemas, type StoreName } from "#contract/overlay.ts";
import type { SidecarStatus, StoreStatus } from "#contract/status.ts";
import { epochOf } from "#core/activation-decision.ts";
import type { EvidenceQuery, Instant } from "#core/evidence.ts";
import { recallStatusOf } from "#retrieve/recall.ts";
import type { Runtime } from "#retrieve/runtime.ts";
import { notReady } from "#retrieve/serve.ts";
import type { StoreHandle } from "#retrieve/store-handle.ts";
import type { ConfigFacts } from "#telemetry/metrics.ts";
import type { Activation } from "./activation.ts";

type ProcessFacts = {
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
  now: Instant,
  asked: EvidenceQuery,
): SidecarStatus | null {
  if (runtime === null) return null;
  const recall = recallStatusOf(runtime, now.monotonicMs);
  return {
    schema: 1,
    ...facts,
    readableOverlaySchemas: [...overlaySchemas],
    base: runtime.config.baseIdentity,
    config: configOf(runtime, now.monotonicMs),
    configFault:
      configFault === null ? null : { code: configFault.code, message: configFault.message, at: configFault.at },
    stores: [...storeOf("source", runtime.source, runtime), ...storeOf("destination", runtime.destination, runtime)],
    ...(recall === null ? {} : { recall }),
    ...(runtime.content === null ? {} : { content: runtime.content.status() }),
    evidence: runtime.evidence.read(now, asked),
  };
}

function configOf({ config, primary, sampler }: Runtime, nowMs: number): SidecarStatus["config"] {
  return {
    epoch: epochOf(config),
    hash: config.overlay?.hash ?? null,
    migrationUid: config.overlay?.overlay.revision.migrationUid ?? null,
    primary: config.primary,
    primaryIdentity: primary.identity,
    shadow: config.shadow,
    sampleRate: config.sampleRate,
    effectiveSampleRate: sampler.rateAt(nowMs),
    released: config.overlay?.overlay.released ?? false,
    overlay: config.overlayState,
    sourceChanged: config.sourceChanged,
    ...(config.fenced === null ? {} : { fenced: config.fenced }),
    ignoredKeys: [...(config.overlay?.ignoredKeys ?? [])],
  };
}

function storeOf(store: StoreName, handle: StoreHandle | null, { config }: Runtime): StoreStatus[] {
  if (handle === null) return [];
  const role = config.primary === store ? "primary" : config.shadow === store ? "shadow" : "none";
  return [{ store, role, ...handle.health() }];
}

/** What the metrics show of an activation. */
export function metricsFactsOf({ config, primary, shadow, sampler }: Runtime): ConfigFacts {
  const roles = [{ role: "primary", kind: primary.identity.kind }];
  if (shadow !== null) roles.push({ role: "shadow", kind: shadow.handle.identity.kind });
  return { epoch: epochOf(config), roles, thresholds: config.thresholds, sampleRateAt: sampler.rateAt };
}

/** Why the pod isn't ready; null: it is. The health of the stores doesn't count: unready pods would answer nothing. */
export function unreadinessOf({ runtime, configFault }: StatusSource, isStopping: boolean): string | null {
  if (isStopping) return "shutting down";
  if (runtime !== null) return null;
  const reason = configFault === null ? "" : `: ${configFault.code}: ${configFault.message}`;
  return `${notReady.message}${reason}`;
}
