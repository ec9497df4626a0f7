// The spec as it stands, with its checks decided: as they were accepted, whatever policies come and go since.
import { askedChecks } from "@retriever/crds/policy/asked-checks.ts";
import { type CheckName, checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { writesToStores } from "@retriever/crds/spec/data-spec.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import {
  type AskedChecks,
  describeChecks,
  type ResolvedCheck,
  resolveChecks,
} from "@retriever/crds/spec/resolve-checks.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { readPlan } from "../model/accepted-plan.ts";
import type { Migration } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";

type Policies = Observation["policies"];

/** Undefined where the spec isn't valid. */
export function currentSpec({ spec, status }: Migration, policies: Policies): MigrationSpec | undefined {
  return spec.ok ? resolveChecks(withFrozen(spec.value, status), askedBy(policies)) : undefined;
}

/** What of the checklist is accepted with a plan: every check with who decided it, and those that are left out. */
export function acceptedChecks(
  { spec, status }: Migration,
  policies: Policies,
): Pick<MigrationStatus, "checklist" | "skippedChecks"> {
  if (!spec.ok) return { skippedChecks: status.skippedChecks };
  const checklist = describeChecks(spec.value, askedBy(policies)).map(
    (one): ResolvedCheck => (one.from === "Manifest" ? one : (frozen(spec.value, status, one.check)?.one ?? one)),
  );
  return { checklist, skippedChecks: checklist.flatMap(({ check, policy }) => (policy === "Skip" ? [check] : [])) };
}

function askedBy(policies: Policies): AskedChecks {
  if (policies?.ok !== true) return {};
  return askedChecks(policies.value.flatMap((policy) => ("spec" in policy ? [policy.spec] : [])));
}

/** How a check was decided at acceptance; undefined where another profile was, or the manifest has named it since. */
function frozen(spec: MigrationSpec, { plan, checklist = [] }: MigrationStatus, check: CheckName) {
  const accepted = plan === "" ? undefined : readPlan(plan);
  if (accepted?.checklist.profile !== spec.checklist.profile) return undefined;
  // Whether stores are written to decides who is asked.
  if (writesToStores(accepted) !== writesToStores(spec)) return undefined;
  const one = checklist.find((each) => each.check === check);
  return one === undefined || one.from === "Manifest" ? undefined : { one, as: accepted.checklist[check] };
}

function withFrozen(spec: MigrationSpec, status: MigrationStatus): MigrationSpec {
  if (status.checklist === undefined) return spec;
  const checks = checkNames.map((check) => {
    const written = spec.checklist[check];
    return [check, written.policy === undefined ? (frozen(spec, status, check)?.as ?? written) : written];
  });
  return { ...spec, checklist: { ...spec.checklist, ...Object.fromEntries(checks) } };
}
