// What the Jobs need that write to a store: the copy, the sync, and the repair of a drift. Each has its suspended CronJob, a
// credential that nothing else has, the operator's right to make Jobs of it, and policies that let stores be written to.
import { makeClusterPolicies } from "@retriever/operator/adapters/cluster/cluster-policies.ts";
import type { PolicyObservation } from "@retriever/operator/core/model/observation.ts";
import type { Read } from "@retriever/operator/core/model/workload.ts";
import type { DeploymentDocument, PodSpec } from "@retriever/operator/kube/documents.ts";
import { readObject } from "@retriever/operator/kube/read-and-write.ts";
import { cronJobs, deployments } from "@retriever/operator/kube/resources.ts";
import {
  copyContainer,
  copyTemplateName,
  repairContainer,
  repairTemplateName,
  syncContainer,
  syncTemplateName,
} from "@retriever/sidecar/contract/names.ts";
import type { KubeClient } from "#kube-client.ts";
import { told } from "#told.ts";
import type { CheckTools } from "./check-cluster.ts";
import { readGrant } from "./check-grant.ts";
import { type Item, missing, ok, unknownItem, type Writing, writings } from "./check-item.ts";
import { credentialItem } from "./check-writer-secrets.ts";
import { templateItem, type WriterTemplate } from "./check-writer-template.ts";
import type { OperatorRead } from "./versions.ts";

type Asked = {
  readonly namespace: string;
  readonly workload: string;
  /** Empty: whatever has its CronJob. */
  readonly asked: readonly Writing[];
  readonly operators: Read<readonly OperatorRead[]>;
  /** As the operator is set. */
  readonly actIdentity: "proved" | "trusted";
};

const containers = { copy: copyContainer, sync: syncContainer, repair: repairContainer } as const;
const templateNames = { copy: copyTemplateName, sync: syncTemplateName, repair: repairTemplateName } as const;

/** Nothing where nothing is asked for, and nothing is there. */
export async function collectWriters(
  { namespace, workload, asked, operators, actIdentity }: Asked,
  { client, request }: { readonly client: Pick<KubeClient, "readActIdentityProved"> } & Pick<CheckTools, "request">,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const read = async (writing: Writing) => {
    const name = templateNames[writing](workload);
    const found = await told(readObject(request, { resource: cronJobs, namespace, name }, signal));
    return { writing, name, found };
  };
  const all = await Promise.all(writings.map(read));
  const isThere = ({ found }: (typeof all)[number]): boolean => found.ok && found.value !== undefined;
  const wanted = all.filter((each) => asked.includes(each.writing) || (asked.length === 0 && isThere(each)));
  if (wanted.length === 0) return [];
  const [serving, policies, proved, ...grants] = await Promise.all([
    told(readObject(request, { resource: deployments, namespace, name: workload }, signal)),
    told(makeClusterPolicies(request, []).listPolicies({ namespace, uid: "" }, signal)),
    told(client.readActIdentityProved(signal)),
    ...wanted.map(({ name }) => readGrant({ namespace, name, operators }, request, signal)),
  ]);
  const pods = serving.ok ? podsOf(serving.value) : undefined;
  const ofEach = wanted.flatMap(({ writing, name, found }, index): readonly Item[] => {
    const template: WriterTemplate = { writing, name, workload, container: containers[writing] };
    const item = templateItem(template, found);
    const grant = grants[index] as Awaited<ReturnType<typeof readGrant>>;
    if (!found.ok || found.value === undefined) return [item, { ...grant, name: `${writing} grant` }];
    return [item, credentialItem(template, found.value, pods), { ...grant, name: `${writing} grant` }];
  });
  return [...ofEach, policyItem(policies), identityItem(proved, actIdentity)];
}

function podsOf(found: unknown): PodSpec | undefined {
  return (found as DeploymentDocument | undefined)?.spec?.template?.spec;
}

const policyName = "policies";

function policyItem(policies: Read<readonly PolicyObservation[]>): Item {
  if (!policies.ok) return unknownItem(policyName, policies.why);
  const unread = policies.value.filter((policy) => "fault" in policy).map(({ name }) => name);
  if (unread.length > 0) return unknownItem(policyName, `${unread.join(", ")} can't be read by this version`);
  const forbidding = policies.value.filter((policy) => "spec" in policy && policy.spec.storeWrites !== "Allow");
  if (forbidding.length === 0)
    return ok(
      policyName,
      policies.value.length === 0 ? "none is about the namespace" : "they let stores be written to",
    );
  return missing(
    policyName,
    `${forbidding.map(({ name }) => name).join(", ")}: storeWrites isn't Allow`,
    "ask an administrator of the cluster to set spec.storeWrites: Allow in each of them",
  );
}

const identityName = "identity";

function identityItem(proved: Read<boolean>, actIdentity: Asked["actIdentity"]): Item {
  if (actIdentity === "trusted") return ok(identityName, "the operator takes the word of whoever approves and acts");
  if (!proved.ok) return unknownItem(identityName, proved.why);
  if (proved.value) return ok(identityName, "the API server proves who approves and acts");
  return missing(
    identityName,
    "nothing proves who acts: approvals of a copy or a sync don't count, and a RepairDrift is refused",
    "install the operator's chart with admissionPolicies.create; or, where settings.actIdentity is trusted, say so by --act-identity",
  );
}
