// RepairDrift: what only the destination received is brought to the source, from the report that a person read and named.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { repairTemplateName } from "@retriever/sidecar/contract/names.ts";
import { rivalOf } from "../checks/claims.ts";
import { judgeStoreWrites } from "../checks/policies.ts";
import type { Context } from "../model/context.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { ActObservation, Observation } from "../model/observation.ts";
import { driftResolvedFact, driftResultOf } from "../verification/drift-resolved.ts";
import { jobNameOf, openWriter } from "../verification/runs.ts";
import { stopWriter, wantedWriter } from "../verification/writer-runs.ts";

type Judged = { readonly status: MigrationStatus; readonly plan: MigrationSpec };

/** Why a RepairDrift has no effect, by the status alone: the same is foreseen for one that isn't created yet. */
export function refuseRepairDrift({ digest }: ActObservation, { status, plan }: Judged): string | undefined {
  const { phase } = status;
  if (phase !== "RolledBack") return `the phase is ${phase}; RepairDrift is taken in RolledBack`;
  const drift = driftResolvedFact(plan, status);
  if (drift === undefined || drift.status === "True") return "nothing is left to reconcile";
  const result = driftResultOf(status);
  if (result?.counts === undefined) return `no report says what to repair: ${drift.message}`;
  if (result.digest === undefined)
    return "the report isn't kept whole, so that nobody can agree to it; verify anew and repair with retriever-data";
  if (digest !== result.digest)
    return `it names report ${digest ?? "none"}; the one of this rollback is ${result.digest}`;
  const run = openWriter(status, "repair");
  return run === undefined ? undefined : `Job ${run.job} repairs already`;
}

/** What else has to be known before a store is written to. Nothing is written on what can't be read now. */
export function refuseRepairNow(
  plan: MigrationSpec,
  meta: MigrationMeta,
  observation: Observation,
): string | undefined {
  if (meta.deleting) return "the migration is being deleted";
  return (
    refuseIdentity(observation) ??
    refuseRival(plan, meta, observation) ??
    refuseWrites(observation) ??
    refuseTemplate(plan, observation)
  );
}

function refuseIdentity({ actIdentity }: Observation): string | undefined {
  if (actIdentity?.ok === true && actIdentity.value !== "unproved") return undefined;
  return "nobody proves who asks: install the admission policy retriever-act-identity and its binding, or set the operator to --act-identity=trusted";
}

function refuseRival(plan: MigrationSpec, meta: MigrationMeta, { claims }: Observation): string | undefined {
  if (!claims.ok) return `whether another migration has the target can't be read: ${claims.why}`;
  const rival = rivalOf(meta, plan, claims.value);
  return rival === undefined ? undefined : `migration ${rival.name} has the target by now (${rival.phase})`;
}

function refuseWrites(observation: Observation): string | undefined {
  // Where nobody asked them for this act it isn't agreed to.
  const writes = observation.policies === undefined ? "unknown" : judgeStoreWrites({ observation });
  if (writes === "allowed") return undefined;
  return writes === "forbidden"
    ? "a policy of this namespace lets no store be written to"
    : "nobody knows whether policies let stores be written to";
}

function refuseTemplate(plan: MigrationSpec, { jobs }: Observation): string | undefined {
  if (jobs?.ok !== true) return `the Jobs can't be read: ${jobs?.why ?? "nobody asked"}`;
  const { repairer } = jobs.value;
  if (repairer?.suspended === true && repairer.hasRepairer) return undefined;
  return `there is no suspended CronJob ${repairTemplateName(plan.target.name)} with a container retriever-repair`;
}

/** The status with a repair that was agreed to; effects follow from it. */
export function beginRepair(
  { actor, digest }: ActObservation,
  status: MigrationStatus,
  meta: MigrationMeta,
  nowIso: string,
): MigrationStatus {
  if (typeof digest !== "string") return status;
  const number = (status.repair?.number ?? 0) + 1;
  const { planHash } = status;
  const job = jobNameOf(meta, "repair", number);
  return { ...status, repair: { number, job, planHash, askedAt: nowIso, digest, actor } };
}

/** The context in which a repair ends that a policy forbids, that has a rival, or that nobody wants any more. */
export function endUnwantedRepair(c: Context): Context {
  if (openWriter(c.status, "repair") === undefined) return c;
  const { claims } = c.observation;
  const hasRival = claims.ok && rivalOf(c.meta, c.plan, claims.value) !== undefined;
  const isWanted = wantedWriter(c, "repair") !== undefined && judgeStoreWrites(c) !== "forbidden" && !hasRival;
  return isWanted ? c : { ...c, status: stopWriter(c.status, "repair", c.nowIso) };
}
