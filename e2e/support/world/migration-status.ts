// What stories read of a migration: its status, parsed.
// Reads only; how it is shown is the reader's affair.
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { unpackStatus } from "@retriever/crds/status/packed-status.ts";
import type { KubeClient } from "../kube/client.ts";
import { namespace } from "./application-manifests.ts";

export const migrationsPath = `/apis/retriever.dev/v1alpha1/namespaces/${namespace}/retrievermigrations`;

/** Status of a migration; the defaults of an empty one while the operator hasn't written any. */
export async function readStatus(client: KubeClient, name: string): Promise<MigrationStatus> {
  const object = await client.get(`${migrationsPath}/${name}`);
  return migrationStatusSchema.parse(unpackStatus(object?.["status"] ?? {}));
}

/** Condition by type, if it is there. */
export function conditionOf(status: MigrationStatus, type: string): MigrationStatus["conditions"][number] | undefined {
  return status.conditions.find((condition) => condition.type === type);
}
