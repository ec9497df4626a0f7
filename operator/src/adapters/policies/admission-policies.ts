// Whether an admission policy can be relied on. Pure.
import type { KubeObject } from "#kube/documents.ts";

/** Name of the ValidatingAdmissionPolicy that proves who an act's actor is, and of its binding. */
export const identityPolicyName = "retriever-act-identity";

type PolicySpec = { readonly failurePolicy?: unknown; readonly matchConstraints?: MatchConstraints };
type MatchConstraints = Readonly<Partial<Record<(typeof narrowing)[number], unknown>>>;
type BindingSpec = {
  readonly policyName?: unknown;
  readonly validationActions?: unknown;
  readonly matchResources?: unknown;
};
/** What leaves objects out that the resources' names would bring in. */
const narrowing = ["namespaceSelector", "objectSelector", "excludeResourceRules"] as const;

/** A policy and the binding of the same name, as they were read. */
export type PolicyPair = {
  readonly name: string;
  readonly policy: KubeObject | undefined;
  readonly binding: KubeObject | undefined;
};

/** True when the policy is there, fails closed, and is bound to deny; and leaves nothing out, by itself or by its binding. */
export function isInForce({ name, policy, binding }: PolicyPair): boolean {
  if (policy === undefined || binding === undefined) return false;
  const { failurePolicy = "Fail", matchConstraints = {} } = (policy.spec ?? {}) as PolicySpec;
  const { policyName, validationActions, matchResources } = (binding.spec ?? {}) as BindingSpec;
  const denies = Array.isArray(validationActions) && validationActions.includes("Deny");
  // A binding for some objects only would leave the others to anybody.
  const isWhole = matchResources === undefined && narrowing.every((part) => saysNothing(matchConstraints[part]));
  return failurePolicy === "Fail" && policyName === name && denies && isWhole;
}

/** Absent, or as the server fills it in: selectors of `{}`, and no rules. */
function saysNothing(part: unknown): boolean {
  return part === undefined || part === null || Object.keys(part).length === 0;
}
