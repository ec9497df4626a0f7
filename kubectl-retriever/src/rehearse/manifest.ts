// What a rehearsal or a forecast needs of a manifest.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationMeta } from "@retriever/operator/core/model/migration.ts";

export type RehearsedMigration = { readonly meta: MigrationMeta; readonly spec: MigrationSpec };

/** A migration as it would be right after `kubectl apply`. */
export function rehearsedMigration(namespace: string, name: string, spec: MigrationSpec): RehearsedMigration {
  return {
    spec,
    meta: {
      namespace,
      name,
      uid: "00000000-0000-4000-8000-000000000001",
      generation: 1,
      resourceVersion: "1",
      createdAt: 0,
      deleting: false,
      finalizers: [],
    },
  };
}
