// What stands around a rehearsed migration: the stores by identity, and a workload that is set up as it must be.

import type { TargetObservation } from "@retriever/operator/core/model/workload.ts";
import { identityOf, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import { locateOverlayAdapter } from "@retriever/stores/kinds.ts";
import type { RehearsedMigration } from "#rehearse/manifest.ts";
import type { ScenarioEvent } from "#scenario/scenario.ts";

export type Neighbourhood = {
  readonly source: StoreIdentity;
  readonly destination: StoreIdentity;
  /** What the base may name. */
  readonly bases: Readonly<Record<NonNullable<ScenarioEvent["base"]>, StoreIdentity>>;
  readonly target: Extract<TargetObservation, { found: true }>;
};

/** A manifest doesn't say where the application comes from: it comes from the other kind of store. */
export function neighbourhoodOf({ meta, spec }: RehearsedMigration): Neighbourhood {
  const destination = identityOf(locateOverlayAdapter(spec.destination));
  const source = sourceNamed("source", meta.namespace, spec.destination.kind);
  const another = sourceNamed("another", meta.namespace, spec.destination.kind);
  return {
    source,
    destination,
    bases: { Source: source, Destination: destination, Another: another },
    target: {
      found: true,
      namespaceTerminating: false,
      replicas: 0,
      hasSidecar: true,
      mountsOverlay: true,
      baseConfigMaps: [`${spec.target.name}-retriever`],
      baseFaults: [],
    },
  };
}

function sourceNamed(host: string, namespace: string, otherKind: StoreIdentity["kind"]): StoreIdentity {
  const at = `${host}.${namespace}.svc`;
  return otherKind === "qdrant"
    ? identityOf({ kind: "pgvector", host: at, port: 5432, place: "app/public.vector_chunks" })
    : identityOf({ kind: "qdrant", host: at, port: 6333, place: "chunks" });
}
