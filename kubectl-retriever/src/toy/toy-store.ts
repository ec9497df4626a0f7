// A store as a toy sidecar's probes see it. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { SourceBehaviour } from "#scenario/scenario.ts";

/** How a store behaves, and since when it has behaved so badly that nothing is answered. */
export type StoreHealth = { readonly behaviour: SourceBehaviour; readonly downSinceMs: number | undefined };

export type Sight = {
  readonly health: StoreHealth;
  readonly nowMs: number;
  /** When the pod first heard of the store. */
  readonly knownSinceMs: number;
};

/** A sidecar probes its stores this often, and at once when it hears of one. */
const probeEverySeconds = 5;
const probeTakesMs = 200;

/** What the last probe found; nothing before the first has ended. */
export function probedStore(
  asked: Pick<StoreStatus, "store" | "role" | "identity">,
  { health, nowMs, knownSinceMs }: Sight,
): StoreStatus {
  const { behaviour, downSinceMs } = health;
  const age = Math.floor(nowMs / 1000) % probeEverySeconds;
  const failure = failureOf(behaviour, asked.identity.label, nowMs);
  const answers = failure === null;
  if (nowMs - knownSinceMs < probeTakesMs) return unknownStore(asked);
  return {
    ...asked,
    reachable: !behaviour.down,
    tls: behaviour.down ? null : "verified",
    authenticated: behaviour.down ? null : !behaviour.refusesCredential,
    exists: behaviour.down || behaviour.refusesCredential ? null : !behaviour.missing,
    dimension: answers ? behaviour.dimension : null,
    count: answers ? 1_204_331 : null,
    newestUpdatedAt: answers ? new Date(nowMs - durationSeconds(behaviour.behind) * 1000).toISOString() : null,
    indexedVectors: null,
    probeAgeSeconds: age,
    lastOkAgeSeconds: answers ? age : downSinceMs === undefined ? null : age + (nowMs - downSinceMs) / 1000,
    lastError: failure,
  };
}

function unknownStore(asked: Pick<StoreStatus, "store" | "role" | "identity">): StoreStatus {
  return {
    ...asked,
    reachable: null,
    tls: null,
    authenticated: null,
    exists: null,
    dimension: null,
    count: null,
    newestUpdatedAt: null,
    indexedVectors: null,
    probeAgeSeconds: null,
    lastOkAgeSeconds: null,
    lastError: null,
  };
}

function failureOf(behaviour: SourceBehaviour, label: string, nowMs: number): StoreStatus["lastError"] {
  const at = new Date(nowMs).toISOString();
  if (behaviour.down) return { code: "RETR_BACKEND_UNAVAILABLE", message: "connection refused", at };
  if (behaviour.refusesCredential) return { code: "RETR_BACKEND_REFUSED", message: "401 from the store", at };
  return behaviour.missing ? { code: "RETR_BACKEND_REFUSED", message: `${label} is not there`, at } : null;
}
