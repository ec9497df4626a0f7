// The policies of the migration's namespace: read until sampling begins, and while a store is or may be written to.
import type { Migration } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import { replannable } from "#core/people/edits.ts";
import { isSyncing, mayRepair } from "#core/verification/purpose.ts";
import { hasCode } from "#errors.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

/** Empty where nobody asks. Never rejects. */
export async function readPolicies(
  { meta, status }: Migration,
  { cluster, migrationPolicies = "optional" }: Pick<ObserveDeps, "cluster" | "migrationPolicies">,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "policies">> {
  const { phase } = status;
  const isWriting = (status.sync !== undefined && isSyncing(status)) || mayRepair(status);
  if (phase !== "Pending" && !replannable.includes(phase) && !isWriting) return {};
  const policies = await attempt(deadline, "migration policies", async (signal) => {
    try {
      return await cluster.listPolicies(meta, signal);
    } catch (fault) {
      // A release from before there were policies has no right to list them.
      if (migrationPolicies === "optional" && hasCode(fault, "ROP_FORBIDDEN")) return [];
      throw fault;
    }
  });
  return { policies };
}
