// Which checks a plan makes: those the manifest names, else what policies ask and what the profile says. Pure.
import { type Checklist, type CheckName, checkNames } from "./checklist-spec.ts";
import { writesToStores } from "./data-spec.ts";
import type { MigrationSpec } from "./migration-spec.ts";

/** Checks as the policies of a namespace ask for them, where a manifest doesn't name its own. */
export type AskedChecks = Partial<Pick<Checklist, "approvals" | "window">>;

/** One check of a resolved list, and who decided it. */
export type ResolvedCheck = {
  readonly check: CheckName;
  readonly policy: "Require" | "Skip";
  readonly from: "Manifest" | "Policy" | "Profile";
};

/** Required by the profile Standard without being named. */
const standard: readonly CheckName[] = ["reachable", "parity", "alerts"];

/**
 * Who decides each check, in the order of the list. In either profile is asked what a policy asks for, and for approvals
 * where stores are written to.
 */
export function describeChecks(spec: MigrationSpec, asked: AskedChecks = {}): ResolvedCheck[] {
  const { checklist } = spec;
  return checkNames.map((check): ResolvedCheck => {
    const { policy } = checklist[check];
    if (policy !== undefined) return { check, policy, from: "Manifest" };
    if (askedOf(check, asked) !== undefined) return { check, policy: "Require", from: "Policy" };
    const isNeeded = standard.includes(check) || (check === "approvals" && writesToStores(spec));
    const isRequired = checklist.profile === "Strict" || isNeeded;
    return { check, policy: isRequired ? "Require" : "Skip", from: "Profile" };
  });
}

/** The same spec with every check decided; what is decided already stays. */
export function resolveChecks(spec: MigrationSpec, asked: AskedChecks = {}): MigrationSpec {
  if (checkNames.every((check) => spec.checklist[check].policy !== undefined)) return spec;
  const decided = describeChecks(spec, asked).map(({ check, policy, from }) => [
    check,
    { ...spec.checklist[check], ...(from === "Policy" && askedOf(check, asked)), policy },
  ]);
  return { ...spec, checklist: { ...spec.checklist, ...Object.fromEntries(decided) } };
}

function askedOf(check: CheckName, asked: AskedChecks): object | undefined {
  return check === "approvals" || check === "window" ? asked[check] : undefined;
}
