// A Deployment and its pods as the operator sees them: pure translation of documents.
import { isIP } from "node:net";
import {
  adminPort,
  epochAnnotation,
  mutualTlsPortOf,
  sidecarContainer,
  tlsPortOf,
} from "@retriever/sidecar/contract/names.ts";
import { declaredPort } from "#kube/declared-port.ts";
import type {
  ConfigMapSource,
  Container,
  DeploymentDocument,
  LabelSelector,
  PodDocument,
  PodSpec,
  Volume,
} from "#kube/documents.ts";
import type { ConfigSource, PodRead, WorkloadRead } from "#ports/cluster.ts";

/** Port of the sidecar's admin listener when the container names none. */
const defaultAdminPort = 7090;

/** What the operator needs of a Deployment. */
export function readWorkloadDocument(deployment: DeploymentDocument): WorkloadRead {
  const template = deployment.spec?.template?.spec ?? {};
  const sidecar = sidecarOf(template);
  const mounts = sidecar === undefined ? [] : configMounts(sidecar, template.volumes ?? []);
  const mounted = new Set(mounts.map((mount) => mount.name));
  const volumes = (template.volumes ?? []).filter((volume) => mounted.has(volume.name));
  return {
    ...uidOf(deployment),
    replicas: deployment.spec?.replicas ?? 1,
    selector: printSelector(deployment.spec?.selector ?? {}),
    hasSidecar: sidecar !== undefined,
    usesSubPath: mounts.some((mount) => mount.subPath !== undefined || mount.subPathExpr !== undefined),
    configSources: volumes.flatMap(sourcesOf),
  };
}

function uidOf({ metadata }: DeploymentDocument): Pick<WorkloadRead, "uid"> {
  return metadata?.uid === undefined ? {} : { uid: metadata.uid };
}

/** What the operator needs of a pod. */
export function readPodDocument(pod: PodDocument): PodRead {
  const { metadata = {}, spec = {}, status = {} } = pod;
  const { name = "", uid = "", annotations = {} } = metadata;
  const admin = adminPortOf(spec);
  return {
    name,
    uid,
    terminating: metadata.deletionTimestamp !== undefined,
    ready: conditionOf(pod, "Ready") === "True",
    sidecarRunning: isSidecarRunning(pod),
    nodeLost: isNodeLost(pod),
    annotatedEpoch: epochOf(annotations[epochAnnotation]),
    ip: status.podIP ?? "",
    adminPort: admin?.port ?? defaultAdminPort,
    ...(admin?.tls === undefined ? {} : { adminTls: admin.tls }),
    ...unaskable(pod),
  };
}

function adminPortOf(spec: PodSpec) {
  return declaredPort(sidecarOf(spec), adminPort);
}

/** Whoever answers there may be another than the pod: its node, or whatever listens where nothing is declared. */
function unaskable({ spec = {}, status = {} }: PodDocument): Pick<PodRead, "unaskable"> {
  if (spec.hostNetwork === true) return { unaskable: "it is in its node's network" };
  if (sidecarOf(spec) !== undefined && adminPortOf(spec) === undefined)
    return {
      unaskable: `its container ${sidecarContainer} declares no port ${adminPort} (or ${tlsPortOf(adminPort)}, ${mutualTlsPortOf(adminPort)})`,
    };
  const { podIP = "" } = status;
  return podIP !== "" && isIP(podIP) === 0 ? { unaskable: "its address is none" } : {};
}

function isSidecarRunning({ status = {} }: PodDocument): boolean {
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  return statuses.some((container) => container.name === sidecarContainer && container.state?.running !== undefined);
}

function epochOf(annotation: string | undefined): number {
  const epoch = Number(annotation ?? 0);
  return Number.isInteger(epoch) && epoch >= 0 ? epoch : 0;
}

/** The text form of a label selector. An empty one selects nothing: a Deployment can't have it. */
export function printSelector(selector: LabelSelector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const other = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${(values ?? []).join(",")})`;
  });
  return [...equal, ...other].join(",");
}

/** The sidecar is an ordinary container, or an init container that keeps running. */
export function sidecarOf(spec: PodSpec): Container | undefined {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].find(
    (container) => container.name === sidecarContainer,
  );
}

/** The mounts of the config directory; when the container doesn't say which it is, all mounts that bring ConfigMaps. */
function configMounts(sidecar: Container, volumes: readonly Volume[]) {
  const mounts = sidecar.volumeMounts ?? [];
  const folder = configFolder(sidecar);
  if (folder !== undefined) {
    const inside = mounts.filter(
      (mount) => trimSlash(mount.mountPath) === folder || mount.mountPath.startsWith(`${folder}/`),
    );
    if (inside.length > 0) return inside;
  }
  const bringing = new Set(volumes.filter((volume) => sourcesOf(volume).length > 0).map((volume) => volume.name));
  return mounts.filter((mount) => bringing.has(mount.name));
}

function configFolder(sidecar: Container): string | undefined {
  const words = [...(sidecar.command ?? []), ...(sidecar.args ?? [])];
  const at = words.indexOf("--config");
  const joined = words.find((word) => word.startsWith("--config="))?.slice("--config=".length);
  const fromEnv = sidecar.env?.find((variable) => variable.name === "RETRIEVER_CONFIG")?.value;
  const folder = joined ?? (at === -1 ? undefined : words[at + 1]) ?? fromEnv;
  return folder === undefined ? undefined : trimSlash(folder);
}

/** By hand: a pattern for the slashes at the end takes quadratic time on a path of slashes. */
function trimSlash(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

function sourcesOf(volume: Volume): ConfigSource[] {
  const sources = [volume.configMap, ...(volume.projected?.sources ?? []).map((source) => source.configMap)];
  return sources.flatMap((source) => (source?.name === undefined ? [] : [toConfigSource(source.name, source)]));
}

function toConfigSource(configMap: string, source: ConfigMapSource): ConfigSource {
  return { configMap, optional: source.optional ?? false, items: source.items ?? null };
}

function conditionOf(pod: PodDocument, type: string): string | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)?.status;
}

/**
 * Whether the pod's node is gone. Without the right to read nodes it shows in the pod: the node controller sets Ready to
 * False and leaves ContainersReady as the kubelet last wrote it. With readiness gates the two may differ on a good node.
 */
function isNodeLost(pod: PodDocument): boolean {
  if (pod.status?.reason === "NodeLost" || pod.status?.phase === "Unknown") return true;
  const gated = (pod.spec?.readinessGates ?? []).length > 0;
  return !gated && conditionOf(pod, "Ready") === "False" && conditionOf(pod, "ContainersReady") === "True";
}
