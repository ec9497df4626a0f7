// The Policies port on a Kubernetes API. Reads only.
import type { KubeRequest } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { admissionPolicies, admissionPolicyBindings } from "#kube/resources.ts";
import type { Policies } from "#ports/policies.ts";
import { isInForce, type PolicyPair } from "./admission-policies.ts";

export function makeKubernetesPolicies(request: KubeRequest): Policies {
  return { isInForce: async (name, signal) => isInForce(await readPolicy(request, name, signal)) };
}

/** A policy and its binding of the same name; undefined what isn't there. */
export async function readPolicy(request: KubeRequest, name: string, signal: AbortSignal): Promise<PolicyPair> {
  const [policy, binding] = await Promise.all(
    [admissionPolicies, admissionPolicyBindings].map((resource) => readObject(request, { resource, name }, signal)),
  );
  return { name, policy, binding };
}
