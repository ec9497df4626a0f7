// Whether an admission policy can be relied on. Pure.
import type { KubeObject } from "#kube/documents.ts";

/** Name of the ValidatingAdmissionPolicy that proves who an act's actor is, and of its binding. */
export const identityPolicyName = "retriever-act-identity";

type PolicySpec = { readonly failurePolicy?: unknown };
type BindingSpec = {
  readonly policyName?: unknown;
  readonly validationActions?: unknown;
  readonly matchResources?: unknown;
};
/** A policy and the binding of the same name, as they were read. */
export type PolicyPair = {
  readonly name: string;
  readonly policy: KubeObject | undefined;
  readonly binding: KubeObject | undefined;
};

/** True when the policy is there, fails closed, and is bound to deny. */
export function isInForce({ name, policy, binding }: PolicyPair): boolean {
  if (policy === undefined || binding === undefined) return false;
  const { failurePolicy = "Fail" } = (policy.spec ?? {}) as PolicySpec;
  const { policyName, validationActions, matchResources } = (binding.spec ?? {}) as BindingSpec;
  const denies = Array.isArray(validationActions) && validationActions.includes("Deny");
  // A binding for some objects only would leave the others to anybody.
  return failurePolicy === "Fail" && policyName === name && denies && matchResources === undefined;
}
