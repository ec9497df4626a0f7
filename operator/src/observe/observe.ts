// One look at everything a decision needs: all reads at once, each with its own deadline. Never decides.

import type { MigrationSpec } from "@retriever/crds/migration-spec.ts";
import type { Migration } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import type { Read } from "#core/model/workload.ts";
import { isSettled } from "#core/overlay/overlay-state.ts";
import { effectivePlan } from "#core/plan.ts";
import type { WorkloadRead } from "#ports/cluster.ts";
import { attempt, type Look } from "./attempt.ts";
import type { Eyes } from "./eyes.ts";
import { readAlerts } from "./read-alerts.ts";
import { readIdentity } from "./read-identity.ts";
import { readJobs } from "./read-jobs.ts";
import { readOverlay } from "./read-overlay.ts";
import { readPods } from "./read-pods.ts";
import { readStaging } from "./read-staging.ts";
import { readTarget } from "./read-target.ts";

/** Reads target, overlay, pods, claims and acts. Never rejects: a read that failed says why. */
export async function observe(migration: Migration, eyes: Eyes, signal: AbortSignal): Promise<Observation> {
  const at = eyes.clock.now();
  const look: Look = { clock: eyes.clock, deadlineMs: eyes.deadlineMs, signal };
  const { namespace, uid } = migration.meta;
  const { cluster } = eyes;
  const plan = effectivePlan(migration);
  const acts = attempt(look, "acts", (signal) => cluster.listActs(namespace, uid, signal));
  // A settled migration is nobody's rival, and whatever comes to its target later is not its affair.
  const idle = isSettled(migration.status) ? "nothing of this migration is in force any more" : undefined;
  if (plan === undefined || idle !== undefined) {
    const why = unread(idle ?? "the spec cannot be parsed, and no plan was accepted");
    return { at, target: why, overlay: why, pods: why, claims: why, acts: await acts };
  }
  const target = plan.target.name;
  const workload = attempt(look, `deployment ${target}`, (signal) => cluster.readWorkload(namespace, target, signal));
  const { phase } = migration.status;
  const [targetRead, overlay, pods, claims, identity, staging, alerts, jobs] = await Promise.all([
    readTarget({ namespace, target, workload }, cluster, look),
    readOverlay({ namespace, target }, cluster, look),
    podsOf(workload, { namespace, plan }, eyes, look),
    attempt(look, "claims", (signal) => cluster.listClaims(namespace, target, uid, signal)),
    readIdentity({ phase, plan }, eyes, look),
    readStaging({ namespace, phase, plan }, cluster, look),
    readAlerts({ migration, plan }, eyes, look),
    readJobs({ meta: migration.meta, plan, status: migration.status }, eyes, look),
  ]);
  return {
    at,
    target: targetRead,
    overlay,
    pods,
    claims,
    acts: await acts,
    ...identity,
    ...staging,
    ...alerts,
    ...jobs,
  };
}

async function podsOf(
  workload: Promise<Read<WorkloadRead | undefined>>,
  { namespace, plan }: { readonly namespace: string; readonly plan: MigrationSpec },
  eyes: Eyes,
  look: Look,
): Promise<Observation["pods"]> {
  const read = await workload;
  if (!read.ok) return read;
  if (read.value === undefined) return { ok: true, value: [] };
  return readPods({ namespace, selector: read.value.selector, plan }, eyes, look);
}

function unread(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
