// What a story waits for in a migration's status.
// Reads only.
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import type { KubeClient } from "#support/kube/client.ts";
import { conditionOf } from "#support/world/migration-status.ts";

const deadlineMs = 120_000;
const finalizersSchema = z.object({ finalizers: z.array(z.string()).optional() });

export type WatchedMigration = {
  readonly status: () => Promise<MigrationStatus>;
  readonly reach: (phase: MigrationStatus["phase"]) => Promise<MigrationStatus>;
  readonly conditionIs: (type: string, status: string, reason?: string) => Promise<MigrationStatus>;
  /** Waits until nothing of the migration is in force, its finalizer gone. */
  readonly settled: () => Promise<void>;
};

/** The migration at this path, also before it is there. */
export function watchMigration(client: KubeClient, name: string, path: string): WatchedMigration {
  const status = async () => migrationStatusSchema.parse((await client.get(path))?.["status"] ?? {});
  const describe = async () => {
    const { phase, message, epoch } = await status();
    return `${phase} at epoch ${epoch}: ${message}`;
  };
  const see = (what: string, look: (seen: MigrationStatus) => boolean) =>
    eventually(`${name}: ${what}`, async () => [await status()].find(look), { deadlineMs, describe });
  const conditionIs: WatchedMigration["conditionIs"] = (type, is, reason) =>
    see(`${type}=${is}/${reason ?? "any"}`, (seen) => {
      const found = conditionOf(seen, type);
      return found?.status === is && (reason === undefined || found.reason === reason);
    });
  return {
    status,
    reach: (phase) => see(`reaches ${phase}`, (seen) => seen.phase === phase),
    conditionIs,
    settled: async () => {
      await conditionIs("Settled", "True");
      await eventually(`${name} has no finalizer`, async () => {
        const { finalizers = [] } = finalizersSchema.parse((await client.get(path))?.metadata ?? {});
        return finalizers.length === 0;
      });
    },
  };
}
