// The CronJob of a Job that writes to a store: whether the operator can use it, and whether its credential is its own. Pure.
import { type CronJobDocument, readTemplateDocument } from "@retriever/operator/adapters/jobs/job-documents.ts";
import type { Read } from "@retriever/operator/core/model/workload.ts";
import { declaredPort } from "@retriever/operator/kube/declared-port.ts";
import type { KubeObject, PodSpec } from "@retriever/operator/kube/documents.ts";
import { driftMapName, overlayName, reportPort } from "@retriever/sidecar/contract/names.ts";
import { type Item, missing, ok, unknownItem, type Writing } from "./check-item.ts";

export type WriterTemplate = {
  readonly writing: Writing;
  /** Of the CronJob. */
  readonly name: string;
  readonly workload: string;
  readonly container: string;
};

const neededBy = {
  copy: "spec.data.copy: IfIncomplete",
  sync: "spec.data.sync: Continuous",
  repair: "a RepairDrift after a late rollback",
} as const;

/** What the operator makes a Job of. */
export function templateItem(template: WriterTemplate, found: Read<KubeObject | undefined>): Item {
  const { writing, name, container } = template;
  const byChart = `include retriever-sidecar.${writing} of the library chart`;
  if (!found.ok) return unknownItem(writing, found.why);
  if (found.value === undefined) return missing(writing, `no CronJob ${name}: ${neededBy[writing]} needs it`, byChart);
  const { suspended, containers } = readTemplateDocument(found.value as CronJobDocument);
  if (!suspended) return missing(writing, `CronJob ${name} isn't suspended`, "set spec.suspend: true");
  if (!containers.includes(container))
    return missing(writing, `CronJob ${name} has no container named ${container}`, byChart);
  return faultOf(template, podsOf(found.value)) ?? ok(writing, `CronJob ${name}`);
}

function podsOf(found: KubeObject): PodSpec {
  return (
    (found as { readonly spec?: { readonly jobTemplate?: { readonly spec?: PodTemplate } } }).spec?.jobTemplate?.spec
      ?.template?.spec ?? {}
  );
}
type PodTemplate = { readonly template?: { readonly spec?: PodSpec } };

/** What its pods lack that the operator or the program in them needs. */
function faultOf({ writing, name, workload, container }: WriterTemplate, pods: PodSpec): Item | undefined {
  const own = pods.containers?.find((each) => each.name === container);
  const configMap = writing === "repair" ? driftMapName(workload) : overlayName(workload);
  if (!configMapsOf(pods).includes(configMap))
    return missing(
      writing,
      `CronJob ${name} doesn't mount ConfigMap ${configMap}, which says which store is which`,
      "add it to the projected volume of its configuration, optional: true",
    );
  if (writing !== "sync") return undefined;
  if (declaredPort(own, reportPort) === undefined)
    return missing(
      writing,
      `CronJob ${name} declares no port ${reportPort}, on which the operator asks how far the sync is`,
      `name the port that --listen serves ${reportPort} in its container`,
    );
  const args = [...(own?.command ?? []), ...(own?.args ?? [])];
  if (args.includes("--delete-extra") && !args.includes("--removals-need-leave"))
    return missing(
      writing,
      `CronJob ${name} removes without the operator's leave, so that a cutover waits`,
      "add --removals-need-leave beside --delete-extra",
    );
  return undefined;
}

function configMapsOf({ volumes = [] }: PodSpec): readonly string[] {
  return volumes.flatMap(({ configMap, projected }) =>
    [configMap, ...(projected?.sources ?? []).map((source) => source.configMap)].flatMap((each) => each?.name ?? []),
  );
}

/** Whether it has one, and the serving pods haven't; `serving` undefined: not known. */
export function credentialItem({ writing }: WriterTemplate, found: KubeObject, serving: PodSpec | undefined): Item {
  const title = `${writing} secret`;
  const own = secretsOf(podsOf(found));
  const [first] = own;
  const helped = `give it one of its own by ${writing}.credentialsSecret or ${writing}.env of the library chart`;
  if (first === undefined) return missing(title, "its pods get no Secret with a credential that may write", helped);
  if (serving === undefined) return unknownItem(title, "nobody knows which Secrets the serving pods get");
  const shared = own.filter((secret) => secretsOf(serving).some((other) => isSame(secret, other)));
  if (shared.length === 0) return ok(title, `Secret ${[...new Set(own.map(({ name }) => name))].join(", ")}`);
  return missing(
    title,
    `Secret ${[...new Set(shared.map(({ name }) => name))].join(", ")} is given to the serving pods as well, which then may write`,
    `${helped}; that of the serving pods may read only`,
  );
}

/** `key` undefined: all of it. */
type Secret = { readonly name: string; readonly key?: string | undefined };

function isSame(a: Secret, b: Secret): boolean {
  return a.name === b.name && (a.key === undefined || b.key === undefined || a.key === b.key);
}

type SecretRef = { readonly name?: string; readonly secretName?: string; readonly key?: string };
type WithSecrets = {
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: SecretRef } }[];
  readonly envFrom?: readonly { readonly secretRef?: SecretRef }[];
};
type SecretVolume = {
  readonly secret?: SecretRef;
  readonly projected?: { readonly sources?: readonly { readonly secret?: SecretRef }[] };
};

function secretsOf({ containers = [], initContainers = [], volumes = [] }: PodSpec): readonly Secret[] {
  const all = [...containers, ...initContainers] as readonly WithSecrets[];
  const ofContainers = all.flatMap(({ env = [], envFrom = [] }) => [
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef),
    ...envFrom.map(({ secretRef }) => secretRef),
  ]);
  const ofVolumes = (volumes as readonly SecretVolume[]).flatMap(({ secret, projected }) => [
    secret,
    ...(projected?.sources ?? []).map((source) => source.secret),
  ]);
  return [...ofContainers, ...ofVolumes].flatMap((ref) => {
    const name = ref?.name ?? ref?.secretName;
    return name === undefined ? [] : [{ name, key: ref?.key }];
  });
}
