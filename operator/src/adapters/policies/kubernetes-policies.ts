// The Policies port on a Kubernetes API. Reads only.
import { hasCode } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { admissionPolicies, admissionPolicyBindings, type Resource } from "#kube/resources.ts";
import type { Policies } from "#ports/policies.ts";
import { isInForce, type PolicyPair } from "./admission-policies.ts";

export function makeKubernetesPolicies(request: KubeRequest): Policies {
  return { isInForce: async (name, signal) => isInForce(await readPolicy(request, name, signal)) };
}

/** A policy and its binding of the same name; undefined what isn't there. */
export async function readPolicy(request: KubeRequest, name: string, signal: AbortSignal): Promise<PolicyPair> {
  const read = async (resource: Resource): Promise<KubeObject | undefined> => {
    try {
      return (await request({ method: "GET", place: { resource, name }, signal })) as KubeObject;
    } catch (fault) {
      if (hasCode(fault, "ROP_NOT_FOUND")) return undefined;
      throw fault;
    }
  };
  const [policy, binding] = await Promise.all([read(admissionPolicies), read(admissionPolicyBindings)]);
  return { name, policy, binding };
}
