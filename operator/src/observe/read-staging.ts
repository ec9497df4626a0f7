// The migration whose validation this one rests on: read only while the checklist asks.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { Observation, StagingObservation } from "#core/model/observation.ts";
import { replannable } from "#core/people/edits.ts";
import type { Cluster, RawMigration } from "#ports/cluster.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";

type Asked = { readonly namespace: string; readonly phase: Phase; readonly plan: MigrationSpec };

/** Empty where nobody asks. Never rejects. */
export async function readStaging(
  { namespace, phase, plan }: Asked,
  cluster: Cluster,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "staging">> {
  const { policy, from: name } = plan.checklist.staging;
  if (policy === "Skip" || name === undefined || !replannable.includes(phase)) return {};
  const read = await attempt(deadline, `migration ${name}`, (signal) =>
    cluster.readMigration({ namespace, name }, signal),
  );
  return { staging: read.ok ? { ok: true, value: read.value === undefined ? null : toStaging(read.value) } : read };
}

/** Read without our schema: a neighbour of another version has validated all the same. */
function toStaging({ status }: RawMigration): StagingObservation {
  const { phase, validation } = (status ?? {}) as { phase?: unknown; validation?: { result?: unknown } };
  const result = validation?.result;
  return {
    phase: typeof phase === "string" ? phase : "Pending",
    result: typeof result === "string" ? result : "",
  };
}
