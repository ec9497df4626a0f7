// Whether a Role of the namespace lets the operator make Jobs of one CronJob, as its admission policy asks.
import type { Read } from "@retriever/operator/core/model/workload.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import { readObject } from "@retriever/operator/kube/read-and-write.ts";
import { clusterRoles, cronJobs, roleBindings, roles } from "@retriever/operator/kube/resources.ts";
import { told } from "#told.ts";
import { type Item, missing, ok, unknownItem } from "./check-item.ts";
import type { OperatorRead } from "./versions.ts";

type Asked = {
  readonly namespace: string;
  /** Of the CronJob. */
  readonly name: string;
  readonly operators: Read<readonly OperatorRead[]>;
};
type Binding = {
  readonly roleRef?: { readonly kind?: string; readonly name?: string };
  readonly subjects?: readonly { readonly kind?: string; readonly name?: string; readonly namespace?: string }[];
};
type Rule = {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs?: readonly string[];
};

/** Never rejects. */
export async function readGrant(asked: Asked, request: KubeRequest, signal: AbortSignal): Promise<Item> {
  const { namespace, name, operators } = asked;
  const place = { resource: roleBindings, namespace };
  const bound = await told(listAll(request, { place }, (item) => [item as Binding], signal));
  if (!bound.ok) return unknownItem("grant", bound.why);
  const leading = operators.ok ? operators.value.find(({ isLeading }) => isLeading) : undefined;
  const unread: string[] = [];
  for (const { roleRef, subjects = [] } of bound.value) {
    const account = subjects.find(
      (subject) =>
        subject.kind === "ServiceAccount" && (leading === undefined || subject.namespace === leading.namespace),
    );
    if (account === undefined) continue;
    const isCluster = roleRef?.kind === "ClusterRole";
    const role = { resource: isCluster ? clusterRoles : roles, name: roleRef?.name ?? "" };
    const read = await told(readObject(request, isCluster ? role : { ...role, namespace }, signal));
    if (!read.ok) unread.push(read.why);
    else if (
      ((read.value as { readonly rules?: readonly Rule[] } | undefined)?.rules ?? []).some((rule) => lets(rule, name))
    )
      return ok("grant", `${account.namespace}/${account.name} may make Jobs of it`);
  }
  if (unread[0] !== undefined) return unknownItem("grant", unread[0]);
  return missing(
    "grant",
    `no Role of ${namespace} lets the operator create cronjobs/instantiate of ${name}`,
    "the library chart makes the Role and its binding; operator.namespace and operator.serviceAccount say whose",
  );
}

function lets({ apiGroups = [], resources = [], resourceNames, verbs = [] }: Rule, name: string): boolean {
  const has = (all: readonly string[], wanted: string): boolean => all.includes(wanted) || all.includes("*");
  const isNamed = resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(name);
  const instantiates = has(resources, `${cronJobs.plural}/instantiate`) || resources.includes("*/instantiate");
  return has(apiGroups, cronJobs.group) && instantiates && has(verbs, "create") && isNamed;
}
