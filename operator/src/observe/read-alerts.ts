// What the plan's Prometheus says of the alert: asked from the preflight to the end of the guard.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { sidecarSource } from "#core/checks/alerts.ts";
import type { Migration } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

type Asked = { readonly migration: Migration; readonly plan: MigrationSpec };

/** Empty for the source Sidecars; the names alone where nothing is judged yet, or any more. Never rejects. */
export async function readAlerts(
  { migration: { meta, status }, plan }: Asked,
  { alertSources }: ObserveDeps,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "alerts">> {
  const { source } = plan.metrics;
  if (source === sidecarSource) return {};
  const names = alertSources?.names ?? [];
  if (alertSources === undefined || unasked.includes(status.phase)) return { alerts: { names } };
  const question = {
    source,
    alert: plan.rollback.alert,
    namespace: meta.namespace,
    target: plan.target.name,
  };
  const read = await attempt(deadline, `Prometheus ${source}`, (signal) => alertSources.read(question, signal));
  return { alerts: { names, read } };
}

const unasked: readonly Phase[] = ["Pending", "RollingBack", "VerifyingDrift", "RolledBack", "Completed", "Validated"];
