// What the policies of a namespace ask of a migration that doesn't say itself who agrees and when. Pure.
import { checklistSchema } from "#spec/checklist-spec.ts";
import type { AskedChecks } from "#spec/resolve-checks.ts";
import type { PolicySpec } from "./policy-spec.ts";

type Approvals = NonNullable<PolicySpec["approvals"]>;

/** Every role with its greatest quorum; the window of the first policy that has one, by which the others judge it. */
export function askedChecks(policies: readonly PolicySpec[]): AskedChecks {
  const approvals = policies.flatMap((policy) => policy.approvals ?? []);
  const window = policies.find((policy) => policy.window !== undefined)?.window;
  return {
    ...(approvals.length > 0 && { approvals: mergeApprovals(approvals) }),
    ...(window !== undefined && { window: { ...window, days: [...window.days] } }),
  };
}

function mergeApprovals(asked: readonly Approvals[]): NonNullable<AskedChecks["approvals"]> {
  const usual = checklistSchema.parse({}).approvals;
  const quorums = new Map<string, number>();
  for (const { name, quorum } of asked.flatMap(({ roles }) => roles))
    quorums.set(name, Math.max(quorum, quorums.get(name) ?? 0));
  const roles = [...quorums].map(([name, quorum]) => ({ name, quorum }));
  return {
    ...usual,
    roles: roles.length === 0 ? usual.roles : roles,
    fourEyes: asked.some(({ fourEyes }) => fourEyes),
    differentPeople: asked.some(({ differentPeople }) => differentPeople),
  };
}
