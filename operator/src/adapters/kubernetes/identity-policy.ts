// Whether the policy that proves who an act's actor is can be relied on. Pure.
import type { KubeObject } from "./documents.ts";

/** Name of the ValidatingAdmissionPolicy and of its binding. */
export const identityPolicyName = "retriever-act-identity";

type PolicySpec = { readonly failurePolicy?: unknown };
type BindingSpec = {
  readonly policyName?: unknown;
  readonly validationActions?: unknown;
  readonly matchResources?: unknown;
};

/** True when the policy is there, fails closed, and is bound to deny everywhere it applies. */
export function isActIdentityProved(policy: KubeObject | undefined, binding: KubeObject | undefined): boolean {
  if (policy === undefined || binding === undefined) return false;
  const { failurePolicy = "Fail" } = (policy.spec ?? {}) as PolicySpec;
  const { policyName, validationActions, matchResources } = (binding.spec ?? {}) as BindingSpec;
  const denies = Array.isArray(validationActions) && validationActions.includes("Deny");
  // A binding for some objects only would leave the others unproved.
  return failurePolicy === "Fail" && policyName === identityPolicyName && denies && matchResources === undefined;
}
