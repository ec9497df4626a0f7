// What an administrator asks of every migration in its namespace. Asked before anything is sampled, and of every plan that
// takes the place of another; never of an Abort or Rollback.
import { judgePolicy } from "@retriever/crds/policy/judge-policy.ts";
import type { Context } from "../model/context.ts";
import type { Standing } from "../model/decision.ts";
import type { PolicyObservation, UnderWay } from "../model/observation.ts";

/** Whether the policies of the namespace let stores be written to. Where nobody asked them, that was agreed to before. */
export function judgeStoreWrites({
  observation: { policies },
}: Pick<Context, "observation">): "allowed" | "forbidden" | "unknown" {
  if (policies === undefined) return "allowed";
  if (!policies.ok || policies.value.some((policy) => "fault" in policy)) return "unknown";
  return policies.value.every((policy) => "spec" in policy && policy.spec.storeWrites === "Allow")
    ? "allowed"
    : "forbidden";
}

type PolicyRefusal = { readonly standing: Standing; readonly reason: string; readonly message: string };

/** Why the migration may not go on; undefined where every policy lets it, or there is none. */
export function refuseByPolicy(c: Context): PolicyRefusal | undefined {
  const { policies } = c.observation;
  if (policies === undefined) return undefined;
  if (!policies.ok)
    return { standing: "blocked", reason: "NotObserved", message: `policies can't be read: ${policies.why}` };
  const faults = policies.value.flatMap((policy) => ("fault" in policy ? [`${policy.name}: ${policy.fault}`] : []));
  if (faults.length > 0) {
    const message = `policies that this operator can't read bind nobody knows whom: ${faults.join("; ")}`;
    return { standing: "blocked", reason: "PolicyUnreadable", message };
  }
  const refusals = policies.value.flatMap((policy) => refusalsOf(policy, c));
  if (refusals.length > 0) {
    const message = [...refusals, ...remediesFor(refusals, c)].join("; ");
    return { standing: "blocked", reason: "PolicyRefuses", message };
  }
  const crowded = policies.value.flatMap((policy) => describeCrowd(policy, c));
  return crowded.length === 0
    ? undefined
    : { standing: "waiting", reason: "TooManyMigrations", message: crowded.join("; ") };
}

function refusalsOf(policy: PolicyObservation, { plan }: Context): string[] {
  if ("fault" in policy) return [];
  return judgePolicy(policy.spec, plan).map((refusal) => `policy ${policy.name}: ${refusal}`);
}

/** A check that the manifest doesn't name was decided at acceptance, and stays as it was until it is named. */
function remediesFor(refusals: readonly string[], { migration: { spec } }: Context): string[] {
  if (!spec.ok) return [];
  const { checklist } = spec.value;
  const unnamed = (["approvals", "window"] as const).filter(
    (check) => checklist[check].policy === undefined && refusals.some((one) => one.includes(`spec.checklist.${check}`)),
  );
  return unnamed.map((check) => `name spec.checklist.${check} in the manifest to have the plan accepted anew`);
}

const mostNamed = 5;

function describeCrowd(policy: PolicyObservation, c: Context): string[] {
  if ("fault" in policy) return [];
  const { mostMigrations: most } = policy.spec;
  const before = policy.underWay.filter((other) => comesFirst(other, c));
  if (most === undefined || before.length < most) return [];
  const names = before.slice(0, mostNamed).map(({ namespace, name, phase }) => `${namespace}/${name} (${phase})`);
  const rest = before.length > mostNamed ? ` and ${before.length - mostNamed} more` : "";
  return [`policy ${policy.name} lets ${most} be under way at once: ${names.join(", ")}${rest}`];
}

const unsampled: readonly string[] = ["Preflight", "AwaitingApproval"];

/**
 * Two that were accepted at the same time don't wait for each other, nor do both go on: of those that sample nothing yet,
 * the older one does.
 */
function comesFirst(other: UnderWay, { status, meta }: Context): boolean {
  if (status.phase === "Pending" || !unsampled.includes(other.phase)) return true;
  if (other.createdAt !== meta.createdAt) return other.createdAt < meta.createdAt;
  return other.uid < meta.uid;
}
