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
type Subject = { readonly kind?: string; readonly name?: string; readonly namespace?: string };
type Binding = {
  readonly roleRef?: { readonly kind?: string; readonly name?: string };
  readonly subjects?: readonly Subject[];
};
const user = /^system:serviceaccount:(?<of>[^:]+):(?<own>[^:]+)$/;
const group = /^system:(?:authenticated|serviceaccounts(?::(?<of>[^:]+))?)$/;
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
  const leading = operators.ok ? operators.value.find(({ isLeading }) => isLeading)?.namespace : undefined;
  const unread: string[] = [];
  for (const binding of bound.value) {
    const account = accountOf(binding, leading);
    if (account === undefined) continue;
    const rules = await told(readRules(binding, namespace, request, signal));
    if (!rules.ok) unread.push(rules.why);
    else if (rules.value.some((rule) => lets(rule, name))) return ok("grant", `${account} may make Jobs of it`);
  }
  const [why] = unread;
  if (why !== undefined) return unknownItem("grant", why);
  return missing(
    "grant",
    `no Role of ${namespace} lets the operator create cronjobs/instantiate of ${name}`,
    "the library chart makes the Role and its binding; operator.namespace and operator.serviceAccount say whose",
  );
}

/** Whom it is for, as far as that may be an operator's account in that namespace; `leading` undefined: in any. */
function accountOf({ subjects = [] }: Binding, leading: string | undefined): string | undefined {
  const account = subjects.map(readSubject).find((each) => each !== undefined && isIn(each.namespace, leading));
  return account === undefined ? undefined : `${account.namespace}/${account.name}`;
}

function isIn(namespace: string, leading: string | undefined): boolean {
  return leading === undefined || namespace === leading || namespace === "*";
}

type Account = { readonly namespace: string; readonly name: string };

/** Accounts stand in bindings by themselves, under the API server's names for them, and in its groups of them. */
function readSubject({ kind, name = "", namespace = "" }: Subject): Account | undefined {
  if (kind === "ServiceAccount") return { namespace, name };
  const pattern = kind === "User" ? user : group;
  const named = pattern.exec(name)?.groups;
  return named === undefined ? undefined : { namespace: named["of"] ?? "*", name: named["own"] ?? "*" };
}

async function readRules(
  { roleRef: { kind, name = "" } = {} }: Binding,
  namespace: string,
  request: KubeRequest,
  signal: AbortSignal,
): Promise<readonly Rule[]> {
  const place = kind === "ClusterRole" ? { resource: clusterRoles, name } : { resource: roles, namespace, name };
  const role = (await readObject(request, place, signal)) as { readonly rules?: readonly Rule[] } | undefined;
  return role?.rules ?? [];
}

function lets({ apiGroups = [], resources = [], resourceNames, verbs = [] }: Rule, name: string): boolean {
  const has = (all: readonly string[], wanted: string): boolean => all.includes(wanted) || all.includes("*");
  const isNamed = resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(name);
  const instantiates = has(resources, `${cronJobs.plural}/instantiate`) || resources.includes("*/instantiate");
  return has(apiGroups, cronJobs.group) && instantiates && has(verbs, "create") && isNamed;
}
