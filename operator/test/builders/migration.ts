// Migrations and their statuses, from valid defaults.
import { migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { resolveChecks } from "@retriever/crds/spec/resolve-checks.ts";
import {
  type Condition,
  type MigrationStatus,
  migrationStatusSchema,
} from "@retriever/crds/status/migration-status.ts";
import { searchSpec } from "./search-app.ts";
import { destinationIdentity, sourceIdentity } from "./sidecar-status.ts";

/** A status that the schema accepts. */
export function aStatus(more: Partial<MigrationStatus> = {}): MigrationStatus {
  return migrationStatusSchema.parse({
    observedGeneration: 1,
    source: sourceIdentity,
    destination: destinationIdentity,
    ...more,
  });
}

/** A condition with the usual rest. */
export function aCondition(type: Condition["type"], status: Condition["status"], message = ""): Condition {
  return {
    type,
    status,
    reason: "Because",
    message,
    lastTransitionTime: "2026-01-01T00:00:00Z",
    observedGeneration: 1,
  };
}

/** The object as an API server sends it. */
export function aRawMigration(status?: MigrationStatus): Readonly<Record<string, unknown>> {
  return {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { namespace: "search", name: "docs-to-qdrant", uid: "uid-1" },
    spec: searchSpec,
    ...(status === undefined ? {} : { status }),
  };
}

/** The accepted plan as a status keeps it, with every check required. */
export function aPlanText(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify(
    resolveChecks(migrationSpecSchema.parse({ checklist: { profile: "Strict" }, ...searchSpec, ...more })),
  );
}
