// One migration as a person follows it and acts on it: waits for its status, and MigrationActs as `kubectl apply` would.
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { unpackStatus } from "@retriever/crds/status/packed-status.ts";
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import type { KubeClient } from "#support/kube/client.ts";
import { conditionOf } from "./migration-status.ts";

type Act = "Promote" | "CompleteGuard" | "Pause" | "Resume" | "Abort" | "Rollback" | "Waive";

export type MigrationHandle = {
  readonly migrationPath: string;
  readonly actsPath: string;
  readonly status: () => Promise<MigrationStatus>;
  /** Waits for something to be true of the status. */
  readonly see: (what: string, isSo: (status: MigrationStatus) => boolean) => Promise<MigrationStatus>;
  /**
   * Waits for the migration to be in a phase; rejects when it has ended in another one. Each phase and epoch on the way
   * has the deadline for itself: how many of them there are is the story's, how long one takes the machine's.
   */
  readonly reach: (phase: MigrationStatus["phase"], deadlineMs?: number) => Promise<MigrationStatus>;
  /** Waits for a condition to be of this status, and reason if given. */
  readonly conditionIs: (type: string, status: string, reason?: string) => Promise<MigrationStatus>;
  /** Waits until nothing of the migration is in force, its finalizer gone. */
  readonly settled: () => Promise<void>;
  /** Creates a MigrationAct. A Waive names its check. */
  readonly act: (act: Act, reason?: string, check?: string) => Promise<void>;
};

/** No migration leaves them. */
export const finalPhases: ReadonlySet<string> = new Set(["Completed", "RolledBack", "Validated"]);

const stepOf = ({ phase, epoch }: MigrationStatus) => `${phase} ${epoch}`;

const finalizersSchema = z.object({ finalizers: z.array(z.string()).default([]) });

/** Finalizers of an object that must be there. */
export async function finalizersOf(client: KubeClient, path: string): Promise<readonly string[]> {
  return finalizersSchema.parse((await client.get(path))?.metadata).finalizers;
}

/** The migration of this name, also before it is there. `usualDeadlineMs`: for whatever is waited for. */
export function followMigration(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  usualDeadlineMs = 60_000,
): MigrationHandle {
  const own = `/apis/retriever.dev/v1alpha1/namespaces/${namespace}`;
  const migrationPath = `${own}/retrievermigrations/${name}`;
  const actsPath = `${own}/migrationacts`;
  const status = async () =>
    migrationStatusSchema.parse(unpackStatus((await client.get(migrationPath))?.["status"] ?? {}));
  const describe = async () => {
    const { phase, message, epoch } = await status();
    return `${phase} at epoch ${epoch}: ${message}`;
  };
  const see = (what: string, isSo: (status: MigrationStatus) => boolean, deadlineMs = usualDeadlineMs) =>
    eventually(`${name}: ${what}`, async () => [await status()].find(isSo), { deadlineMs, describe });
  const conditionIs: MigrationHandle["conditionIs"] = (type, is, reason) =>
    see(`${type}=${is}/${reason ?? "any"}`, (seen) => {
      const found = conditionOf(seen, type);
      return found?.status === is && (reason === undefined || found.reason === reason);
    });
  return {
    migrationPath,
    actsPath,
    status,
    see,
    reach: async (phase, deadlineMs) => {
      const isOver = (seen: MigrationStatus) => seen.phase === phase || finalPhases.has(seen.phase);
      let last = await status();
      while (!isOver(last)) {
        const step = stepOf(last);
        last = await see(`reaches ${phase}`, (seen) => isOver(seen) || stepOf(seen) !== step, deadlineMs);
      }
      if (last.phase !== phase) throw new Error(`${name} ended in ${last.phase}: ${last.message}`);
      return last;
    },
    conditionIs,
    settled: async () => {
      await conditionIs("Settled", "True");
      const isFree = async () => (await finalizersOf(client, migrationPath)).length === 0;
      await eventually(`${name} has no finalizer`, isFree, { deadlineMs: usualDeadlineMs });
    },
    act: async (act, reason = "as the story goes", check) => {
      const uid = (await client.get(migrationPath))?.metadata.uid;
      await client.create(actsPath, {
        apiVersion: "retriever.dev/v1alpha1",
        kind: "MigrationAct",
        metadata: { generateName: `${name}-`, namespace, labels: { "retriever.dev/migration-uid": uid } },
        spec: { migration: { name, uid }, act, actor: "admin", reason, ...(check === undefined ? {} : { check }) },
      });
    },
  };
}
