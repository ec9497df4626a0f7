// The command `check --for deployment/NAME`: everything a migration of this workload lacks, all at once, each with what
// to do about it. It asks what the operator asks before it starts one, with the rights of whoever types it.
import { makeClusterReads } from "@retriever/operator/adapters/cluster/cluster-reads.ts";
import { type CronJobDocument, readTemplateDocument } from "@retriever/operator/adapters/jobs/job-documents.ts";
import { isOver } from "@retriever/operator/core/checks/claims.ts";
import type { ClaimObservation, Observation } from "@retriever/operator/core/model/observation.ts";
import type { Read } from "@retriever/operator/core/model/workload.ts";
import type { KubeObject } from "@retriever/operator/kube/documents.ts";
import { ifThere, readObject } from "@retriever/operator/kube/read-and-write.ts";
import { cronJobs, deployments } from "@retriever/operator/kube/resources.ts";
import { readTarget } from "@retriever/operator/observe/read-target.ts";
import { counted } from "@retriever/operator/page/words.ts";
import type { PodRead, WorkloadRead } from "@retriever/operator/ports/cluster.ts";
import {
  adminPort,
  overlayName,
  sidecarContainer,
  verifyContainer,
  verifyTemplateName,
} from "@retriever/sidecar/contract/names.ts";
import { printValue } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { told } from "#told.ts";
import { type CheckTools, operatorFaults } from "./check-cluster.ts";
import { hostsItem } from "./check-hosts.ts";
import { type Item, missing, ok, unknownItem, type Writing } from "./check-item.ts";
import { collectWriters } from "./check-writers.ts";
import { similarWorkload } from "./similar-workload.ts";
import { type OperatorRead, readOperators } from "./versions.ts";

type TargetRequest = {
  readonly namespace: string;
  readonly name: string;
  readonly operatorNamespace: string | undefined;
  /** What is to write to a store; empty: whatever has its CronJob. */
  readonly data: readonly Writing[];
  /** As the operator is set. */
  readonly actIdentity: "proved" | "trusted";
  readonly output: "json" | "yaml" | undefined;
};

/** What is printed as data. */
export type TargetDocument = {
  readonly target: { readonly kind: "Deployment"; readonly namespace: string; readonly name: string };
  readonly ready: boolean;
  readonly items: readonly Item[];
};

const deadlineMs = 10_000;

/** 0 when nothing is missing, 2 with what is. */
export async function checkTarget(asked: TargetRequest, tools: CheckTools, signal: AbortSignal): Promise<number> {
  const { terminal } = tools;
  const { namespace, name, output } = asked;
  const items = await collectItems(asked, tools, signal);
  const missing = items.filter(({ state }) => state === "missing");
  const unknown = items.filter(({ state }) => state === "unknown");
  const isReady = missing.length === 0 && items[0]?.state === "ok";
  if (output !== undefined) {
    const document: TargetDocument = { target: { kind: "Deployment", namespace, name }, ready: isReady, items };
    terminal.data(await printValue(document, output));
  } else {
    for (const { state, name: title, message, remedy } of items) {
      terminal.print(`${state.padEnd(8)} ${title.padEnd(13)} ${message}`);
      if (remedy !== undefined) terminal.print(`${"".padEnd(22)} ${remedy}`);
    }
    const rest = unknown.length === 0 ? "" : `, ${unknown.length} not known`;
    terminal.print(
      `deployment/${name} in ${namespace}: ${missing.length === 0 ? "nothing" : counted(missing.length, "thing")} missing for a migration${rest}`,
    );
  }
  return isReady ? exitCodes.ok : exitCodes.refused;
}

async function collectItems(
  { namespace, name, operatorNamespace, data, actIdentity }: TargetRequest,
  { client, request, clock }: CheckTools,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const reads = makeClusterReads(request, [], clock);
  const workload = await told(reads.readWorkload(namespace, name, signal));
  if (!workload.ok) return [unknownItem("workload", workload.why)];
  const found = workload.value;
  if (found === undefined) {
    const meant = await similarWorkload({ namespace, workload: name }, request, signal);
    return [notThere(namespace, name, meant)];
  }
  // Not every user may read namespaces; one that goes away takes its Deployment along.
  const cluster = { ...reads, readNamespaceTerminating: async () => false };
  const place = { namespace, target: name, workload: Promise.resolve(workload) };
  const right = { verb: "create", group: "retriever.dev", resource: "retrievermigrations", namespace };
  const [target, deployment, pods, template, claims, operators, mayCreate] = await Promise.all([
    readTarget(place, cluster, { clock, deadlineMs, signal }),
    told(readObject(request, { resource: deployments, namespace, name }, signal)),
    told(reads.listPods(namespace, found.selector, signal)),
    told(readObject(request, { resource: cronJobs, namespace, name: verifyTemplateName(name) }, signal)),
    told(ifThere(reads.listClaims(namespace, name, "", signal))),
    told(readOperators({ operatorNamespace, now: clock.now() }, request, signal)),
    told(client.mayI(right, signal)),
  ]);
  const writers = await collectWriters(
    { namespace, workload: name, asked: data, operators, actIdentity },
    { client, request },
    signal,
  );
  return [
    podsItem(pods, found),
    ...templateItems(target, found, name),
    ...hostsItem(deployment),
    verifierItem(template, name),
    ...writers,
    claimItem(claims, namespace),
    operatorItem(operators),
    rightItem(mayCreate, namespace),
  ];
}

function notThere(namespace: string, name: string, meant: string): Item {
  return missing(
    "workload",
    `there is no Deployment ${name} in namespace ${namespace}${meant}`,
    "give its name, and its namespace with -n; a migration moves a Deployment",
  );
}

function podsItem(pods: Read<readonly PodRead[]>, { replicas, hasSidecar }: WorkloadRead): Item {
  if (!pods.ok) return unknownItem("pods", pods.why);
  const staying = pods.value.filter(({ terminating }) => !terminating);
  const ready = staying.filter(({ ready }) => ready).length;
  const said = `${ready} of ${counted(replicas, "pod")} ready`;
  if (replicas === 0) return missing("pods", "it is scaled to 0", "scale it up: nobody can be asked otherwise");
  if (ready === 0) return missing("pods", said, "kubectl describe its pods: a migration starts when they answer");
  const without = staying.filter(({ sidecarRunning }) => !sidecarRunning).length;
  if (hasSidecar && without > 0)
    return missing("pods", `${said}, ${without} without a running sidecar`, `kubectl logs POD -c ${sidecarContainer}`);
  const unaskable = staying.find(({ unaskable }) => unaskable !== undefined);
  if (hasSidecar && unaskable !== undefined)
    return missing(
      "pods",
      `${said}, ${unaskable.name} can't be asked: ${unaskable.unaskable}`,
      `name the sidecar's port ${adminPort} in the pod template, and don't use the host's network`,
    );
  return ok("pods", said);
}

function templateItems(target: Observation["target"], { hasSidecar }: WorkloadRead, name: string): Item[] {
  const sidecar = hasSidecar
    ? ok("sidecar", `container ${sidecarContainer}`)
    : missing(
        "sidecar",
        `no container named ${sidecarContainer}`,
        "add it by the library chart charts/retriever-sidecar, and let the application ask it (docs/application.md)",
      );
  if (!target.ok) return [sidecar, unknownItem("config", target.why)];
  if (!target.value.found) return [sidecar];
  const { mountsOverlay, baseConfigMaps, baseFaults } = target.value;
  const overlay = mountsOverlay
    ? ok("overlay", `ConfigMap ${overlayName(name)} is projected`)
    : missing(
        "overlay",
        `ConfigMap ${overlayName(name)} isn't projected into the sidecar's config folder`,
        "add it to the projected volume beside the base, optional: true, and mount the volume without subPath",
      );
  return [sidecar, overlay, baseItem(baseConfigMaps, baseFaults)];
}

function baseItem(
  configMaps: readonly string[],
  faults: readonly { readonly path: string; readonly message: string }[],
): Item {
  const [first] = configMaps;
  if (first === undefined)
    return missing(
      "base",
      "no ConfigMap with retriever.json or retriever.yaml is projected into the config folder",
      "write one that names the store which serves today (docs/application.md), and project it, not optional",
    );
  if (configMaps.length > 1)
    return missing("base", `several: ${configMaps.join(", ")}`, "project one ConfigMap with a base, and no other");
  if (faults.length === 0) return ok("base", `ConfigMap ${first}`);
  const said = faults.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return missing("base", `ConfigMap ${first}: ${said}`, "mend these fields; the pods refuse such a base as well");
}

function verifierItem(template: Read<KubeObject | undefined>, name: string): Item {
  if (!template.ok) return unknownItem("verifier", template.why);
  const called = `CronJob ${verifyTemplateName(name)}`;
  const remedy = "the library chart makes it (verify); or leave parity out of the migration's checklist, by its name";
  if (template.value === undefined) return missing("verifier", `no ${called}: the check parity has no answer`, remedy);
  const { suspended, containers } = readTemplateDocument(template.value as CronJobDocument);
  if (!suspended) return missing("verifier", `${called} isn't suspended`, "set spec.suspend: true");
  if (!containers.includes(verifyContainer))
    return missing("verifier", `${called} has no container named ${verifyContainer}`, remedy);
  return ok("verifier", called);
}

/** Undefined: the API isn't served. */
function claimItem(claims: Read<readonly ClaimObservation[] | undefined>, namespace: string): Item {
  if (!claims.ok) return unknownItem("target", claims.why);
  if (claims.value === undefined)
    return missing(
      "definitions",
      "the API server serves no retrievermigrations.retriever.dev/v1alpha1",
      "install the chart of the operator, or its CustomResourceDefinitions",
    );
  const rival = claims.value.find((claim) => !isOver(claim));
  if (rival === undefined) return ok("target", "no other migration has it");
  return missing(
    "target",
    `migration ${rival.name} has it (${rival.phase})`,
    `kubectl retriever status ${rival.name} -n ${namespace} says where it stands; the target is free once it is settled, rolled back or deleted`,
  );
}

function operatorItem(operators: Read<readonly OperatorRead[]>): Item {
  if (!operators.ok) return unknownItem("operator", operators.why);
  const [fault] = operatorFaults({ operators });
  if (fault !== undefined) return missing("operator", "no operator leads", fault.slice("no operator leads: ".length));
  const leading = operators.value.find(({ isLeading }) => isLeading);
  return ok("operator", `${leading?.version ?? ""}, ${leading?.leader ?? ""} leads`);
}

function rightItem(mayCreate: Read<boolean | undefined>, namespace: string): Item {
  if (!mayCreate.ok) return unknownItem("right", mayCreate.why);
  if (mayCreate.value === undefined) return unknownItem("right", "the API server doesn't say what you may");
  if (mayCreate.value) return ok("right", `you may create migrations in ${namespace}`);
  return missing(
    "right",
    `you may not create retrievermigrations.retriever.dev in ${namespace}`,
    "ask for ClusterRole retriever-author, bound in that namespace",
  );
}
