// One observation of everything a decision needs: all reads at once, each with its own deadline. Never decides.

import type { Migration } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import type { Read } from "#core/model/workload.ts";
import { isSettled } from "#core/overlay/overlay-state.ts";
import { makeActPick } from "#core/people/turns.ts";
import { effectivePlan, planToGoBack } from "#core/plan.ts";
import { mayRepair } from "#core/verification/purpose.ts";
import type { ActsRead, WorkloadRead } from "#ports/cluster.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";
import { readAlerts } from "./read-alerts.ts";
import { readIdentity } from "./read-identity.ts";
import { readJobs } from "./read-jobs.ts";
import { readOverlay } from "./read-overlay.ts";
import { type PodsPlace, readPods } from "./read-pods.ts";
import { readPolicies } from "./read-policies.ts";
import { readStaging } from "./read-staging.ts";
import { readTarget } from "./read-target.ts";

/** Reads target, overlay, pods, claims and acts. Never rejects: a read that failed says why. */
export async function observe(migration: Migration, deps: ObserveDeps, signal: AbortSignal): Promise<Observation> {
  const at = deps.clock.now();
  const deadline: ReadDeadline = { clock: deps.clock, deadlineMs: deps.deadlineMs, signal };
  const { meta, status } = migration;
  const { namespace, uid } = meta;
  const { cluster } = deps;
  const plan = effectivePlan(migration) ?? planToGoBack(migration);
  const acts = attempt(deadline, "acts", (signal) => cluster.listActs(meta, makeActPick(status, at), signal)).then(
    actsOf,
  );
  // A settled migration is nobody's rival, and what comes to its target later belongs to others.
  const idle = isSettled(migration.status) ? "nothing of this migration is in force any more" : undefined;
  if (plan === undefined || (idle !== undefined && !mayRepair(status))) {
    const why = unread(idle ?? "the spec cannot be parsed, and no plan was accepted");
    return { at, target: why, overlay: why, pods: why, claims: why, ...(await acts) };
  }
  const target = plan.target.name;
  if (idle !== undefined) {
    // Its corrections may still be asked for: what such an act is judged on, and its Job.
    const why = unread(idle);
    const [claims, identity, policies, jobs] = await Promise.all([
      attempt(deadline, "claims", (signal) => cluster.listClaims(namespace, target, uid, signal)),
      readIdentity({ status, plan, acts }, deps, deadline),
      readPolicies(migration, deps, deadline),
      readJobs({ meta, plan, status }, deps, deadline),
    ]);
    return { at, target: why, overlay: why, pods: why, claims, ...(await acts), ...identity, ...policies, ...jobs };
  }
  const workload = attempt(deadline, `deployment ${target}`, (signal) =>
    cluster.readWorkload(namespace, target, signal),
  );
  const { phase } = status;
  const [targetRead, overlay, pods, claims, identity, policies, staging, alerts, jobs] = await Promise.all([
    readTarget({ namespace, target, workload }, cluster, deadline),
    readOverlay({ namespace, target }, cluster, deadline),
    podsOf(workload, { namespace, target, plan, evidence: migration.status.evidence }, deps, deadline),
    attempt(deadline, "claims", (signal) => cluster.listClaims(namespace, target, uid, signal)),
    readIdentity({ status, plan, acts }, deps, deadline),
    readPolicies(migration, deps, deadline),
    readStaging({ namespace, phase, plan }, cluster, deadline),
    readAlerts({ migration, plan }, deps, deadline),
    readJobs({ meta: migration.meta, plan, status: migration.status }, deps, deadline),
  ]);
  return {
    at,
    target: targetRead,
    overlay,
    ...pods,
    claims,
    ...(await acts),
    ...identity,
    ...policies,
    ...staging,
    ...alerts,
    ...jobs,
  };
}

function actsOf(read: Read<ActsRead>): Pick<Observation, "acts" | "actsAreCut"> {
  if (!read.ok) return { acts: read };
  const { acts, isWhole } = read.value;
  return { acts: { ok: true, value: acts }, ...(isWhole ? {} : { actsAreCut: true }) };
}

async function podsOf(
  workload: Promise<Read<WorkloadRead | undefined>>,
  place: Omit<PodsPlace, "workload">,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "pods" | "unproved">> {
  const read = await workload;
  if (!read.ok) return { pods: read };
  if (read.value === undefined) return { pods: { ok: true, value: [] } };
  return readPods({ ...place, workload: read.value }, deps, deadline);
}

function unread(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
