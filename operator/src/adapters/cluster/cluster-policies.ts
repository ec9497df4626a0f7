// The policies of a namespace, and the migrations that they count.
import { parsePolicySpec } from "@retriever/crds/parse.ts";
import { selectsNamespace } from "@retriever/crds/policy/judge-policy.ts";
import type { PolicySpec } from "@retriever/crds/policy/policy-spec.ts";
import { finalPhases } from "@retriever/crds/status/phase-steps.ts";
import type { PolicyObservation, UnderWay } from "#core/model/observation.ts";
import { hasCode } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import { instantOf } from "#kube/instants.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { listAll } from "#kube/listing.ts";
import { readObject } from "#kube/read-and-write.ts";
import { migrationPolicies, migrations, namespaces } from "#kube/resources.ts";
import type { Cluster } from "#ports/cluster.ts";

type Labels = Readonly<Record<string, string>>;
type Readable = { readonly name: string; readonly spec: PolicySpec };
const ended: readonly string[] = finalPhases;

/** The policies' part of the Cluster port. `watched`: namespaces, empty for all. */
export function makeClusterPolicies(request: KubeRequest, watched: readonly string[]): Pick<Cluster, "listPolicies"> {
  return {
    listPolicies: async ({ namespace, uid }, signal) => {
      const all = await listEach(request, signal);
      if (all.length === 0) return [];
      const labelsOf = makeLabelsOf(request, signal);
      const own = await labelsOf(namespace);
      const about = all.filter((policy) => "fault" in policy || selectsNamespace(policy.spec, own));
      const isCounted = about.some((policy) => !("fault" in policy) && policy.spec.mostMigrations !== undefined);
      const others = isCounted ? await listUnderWay(request, watched, uid, signal) : [];
      const labels = new Map<string, Labels>();
      for (const other of others)
        if (!labels.has(other.namespace)) labels.set(other.namespace, await labelsOf(other.namespace));
      return about.map((policy) => {
        if ("fault" in policy) return policy;
        const isSelected = (other: UnderWay) => selectsNamespace(policy.spec, labels.get(other.namespace) ?? {});
        return { ...policy, underWay: policy.spec.mostMigrations === undefined ? [] : others.filter(isSelected) };
      });
    },
  };
}

/** None where the kind isn't served: a cluster that lacks the definition has no policies. */
async function listEach(
  request: KubeRequest,
  signal: AbortSignal,
): Promise<readonly (Readable | Extract<PolicyObservation, { fault: string }>)[]> {
  try {
    return await listAll(request, { place: { resource: migrationPolicies } }, (item) => [toPolicy(item)], signal);
  } catch (fault) {
    if (hasCode(fault, "ROP_NOT_FOUND")) return [];
    throw fault;
  }
}

/** What a newer version asks can't be judged, so it isn't passed over. */
function toPolicy({ metadata: { name = "" } = {}, spec }: KubeObject) {
  const parsed = parsePolicySpec(spec ?? {});
  if (parsed.ok) return { name, spec: parsed.spec };
  return {
    name,
    fault: parsed.faults
      .map(({ path, message }) => `${path}: ${message}`)
      .join("; ")
      .slice(0, 500),
  };
}

function makeLabelsOf(request: KubeRequest, signal: AbortSignal) {
  return async (name: string): Promise<Labels> => {
    const found = await readObject(request, { resource: namespaces, name }, signal);
    return found?.metadata?.labels ?? {};
  };
}

async function listUnderWay(
  request: KubeRequest,
  watched: readonly string[],
  exceptUid: string,
  signal: AbortSignal,
): Promise<readonly UnderWay[]> {
  const places =
    watched.length === 0
      ? [{ resource: migrations }]
      : watched.map((namespace) => ({ resource: migrations, namespace }));
  const pick = (item: KubeObject) => {
    const other = toUnderWay(item);
    return other === undefined || other.uid === exceptUid ? [] : [other];
  };
  return (await Promise.all(places.map((place) => listAll(request, { place }, pick, signal)))).flat();
}

/** Read without our schema: a neighbour of another version is under way all the same. */
function toUnderWay({ metadata = {}, status }: KubeObject): UnderWay | undefined {
  const { phase, planHash } = (status ?? {}) as { readonly phase?: unknown; readonly planHash?: unknown };
  const isAccepted = typeof planHash === "string" && planHash !== "" && typeof phase === "string";
  if (!isAccepted || ended.includes(phase)) return undefined;
  const { namespace = "", name = "", uid = "", creationTimestamp } = metadata;
  return { namespace, name, uid, createdAt: instantOf(creationTimestamp), phase };
}
