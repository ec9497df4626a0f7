// The CronJob of a Job that writes to a store: whether the operator can use it. Pure.
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
  return faultOf(template, podsOfTemplate(found.value)) ?? ok(writing, `CronJob ${name}`);
}

export function podsOfTemplate(found: KubeObject): PodSpec {
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
