// The Deployment that was probably meant, where the namespace has none of a name.
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import { deployments } from "@retriever/operator/kube/resources.ts";
import { didYouMean } from "#output/similar.ts";
import { told } from "#told.ts";

/** `; did you mean X?`, or nothing: also where Deployments may not be listed. */
export async function similarWorkload(
  { namespace, workload }: { readonly namespace: string; readonly workload: string },
  request: KubeRequest,
  signal: AbortSignal,
): Promise<string> {
  const place = { resource: deployments, namespace };
  const names = await told(listAll(request, { place }, ({ metadata }) => [metadata?.name ?? ""], signal));
  return names.ok ? didYouMean(workload, names.value) : "";
}
