// Statuses of sidecars as they would answer, from a healthy default.
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import type { WindowSpan } from "#ports/sidecars.ts";

export const sourceIdentity = identityOf({
  kind: "pgvector",
  host: "pg.search.svc",
  port: 5432,
  place: "app/public.vector_chunks",
});
export const destinationIdentity = identityOf({
  kind: "qdrant",
  host: "qdrant.search.svc",
  port: 6333,
  place: "chunks",
});

/** A store that answers well. */
export function aStore(store: "source" | "destination", more: Partial<StoreStatus> = {}): StoreStatus {
  return {
    store,
    role: store === "source" ? "primary" : "shadow",
    identity: store === "source" ? sourceIdentity : destinationIdentity,
    reachable: true,
    tls: "verified",
    authenticated: true,
    exists: true,
    dimension: 384,
    count: 5000,
    newestUpdatedAt: "2026-01-01T00:00:00.000Z",
    indexedVectors: store === "source" ? null : 5000,
    probeAgeSeconds: 1,
    lastOkAgeSeconds: 1,
    lastError: null,
    ...more,
  };
}

/** A sidecar that serves its base, with the windows asked for filled alike. */
export function aSidecarStatus(
  more: Partial<SidecarStatus> & { readonly podUid: string },
  windows: readonly WindowSpan[] = [],
  counters: Partial<Counters> = {},
): SidecarStatus {
  const counted = { ...noCounters(), ...counters };
  const config = {
    epoch: 0,
    hash: null,
    migrationUid: null,
    primary: "source",
    primaryIdentity: sourceIdentity,
    shadow: "none",
    sampleRate: 0,
    released: false,
    overlay: "absent",
    sourceChanged: false,
    effectiveSampleRate: null,
  } as const;
  return {
    schema: 1,
    podName: `pod-of-${more.podUid}`,
    startId: `start-of-${more.podUid}`,
    version: "0.1.0",
    readableOverlaySchemas: [1],
    base: sourceIdentity,
    config: { ...config, ignoredKeys: [] },
    configFault: null,
    stores: [aStore("source")],
    evidence: {
      epoch: more.config?.epoch ?? 0,
      sinceSeconds: 60,
      counters: counted,
      windows: windows.map((span) => ({ ...span, coveredSeconds: span.seconds, counters: counted })),
      closedAt: 0,
      bins: [],
    },
    ...more,
  };
}
