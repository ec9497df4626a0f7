// The objects of an application as its owner would apply them: base ConfigMap, and Deployment with the sidecar.
// Nothing here is known to the operator otherwise.
import {
  copyContainer,
  copyTemplateName,
  driftMapName,
  overlayName,
  repairContainer,
  repairDigestAnnotation,
  repairTemplateName,
  reportPort,
  syncContainer,
  syncTemplateName,
  verifyContainer,
  verifyTemplateName,
} from "@retriever/sidecar/contract/names.ts";
import { overlayFileName } from "@retriever/sidecar/contract/overlay.ts";

export const namespace = "search";

/** Folder of the sidecar's configuration inside the container. */
const configFolder = "/etc/retriever";

export type ApplicationInput = {
  readonly name: string;
  readonly replicas: number;
  readonly postgresUrl: string;
  readonly table: string;
  /** Value of the pod's RETRIEVER_CRED_QDRANT; undefined: the pod has no such variable. */
  readonly qdrantKey: string | undefined;
  readonly allowedHosts: string;
  /** How long a write may take to arrive, by a verification; 1 when absent. */
  readonly verifyLagSeconds?: number;
  /** Whether copies make the destination, and syncs remove what the source removed. */
  readonly ownsDestination?: boolean;
};

/** Long, so that late answers of a busy machine are answers: whether they are late is judged by stories about latency. */
export const storeTimeoutMs = 20_000;
/** For a whole request of people's, for the same reason. */
export const requestDeadlineMs = 30_000;

/** Base ConfigMap of an application: the users' own configuration, serving from pgvector. */
export function baseConfigMap(input: Pick<ApplicationInput, "name" | "table">): object {
  const base = {
    primary: {
      kind: "pgvector",
      connectionString: { fromEnv: "PGVECTOR_URL" },
      table: input.table,
      // The Postgres may be PGlite: one session for everybody, so no prepared statements and few connections.
      preparedStatements: false,
      poolSize: 2,
      timeoutMs: storeTimeoutMs,
    },
  };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `${input.name}-retriever`, namespace },
    data: { "retriever.json": `${JSON.stringify(base, null, 2)}\n` },
  };
}

/** Deployment of an application with the sidecar beside it. */
export function applicationDeployment(input: ApplicationInput): object {
  const labels = { "app.kubernetes.io/name": input.name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: input.name, namespace, labels },
    spec: {
      replicas: input.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [sidecarContainerOf(input)],
          // Who asks lives outside and keeps its connections: no longer than a request in flight takes.
          terminationGracePeriodSeconds: 5,
          volumes: [configVolume(input)],
        },
      },
    },
  };
}

/** The overlay's one key: any other would be a file beside the base. */
const overlayItem = { key: overlayFileName, path: overlayFileName };

function configVolume({ name }: Pick<ApplicationInput, "name">): object {
  const sources = [
    { configMap: { name: `${name}-retriever` } },
    { configMap: { name: overlayName(name), optional: true, items: [overlayItem] } },
  ];
  return { name: "retriever-config", projected: { sources } };
}

/** The suspended CronJob that the operator compares the stores with, as the library chart renders it. */
export function verifyCronJob(input: ApplicationInput): object {
  const folder = "/var/lib/retriever-verify";
  const container = {
    name: verifyContainer,
    image: "retriever-sidecar:demo",
    command: ["/usr/local/bin/node", "--disable-sigusr1", "/app/retriever-data/src/main.ts"],
    args: `verify --level payload --lag ${input.verifyLagSeconds ?? 1} --serve-report 0.0.0.0:7091 --termination-log /dev/termination-log`
      .split(" ")
      .concat("--config", configFolder, "--report", folder),
    env: [
      ...storeEnv(input),
      { name: "RETRIEVER_VERIFY_SINCE", ...field("metadata.annotations['retriever.dev/verify-since']") },
    ],
    ports: [{ name: reportPort, containerPort: 7091 }],
    volumeMounts: [
      { name: "retriever-config", mountPath: configFolder },
      { name: "report", mountPath: folder },
    ],
  };
  const volumes = [configVolume(input), { name: "report", emptyDir: {} }];
  return suspended(verifyTemplateName(input.name), { containers: [container], volumes });
}

/** The suspended CronJob that copies are made from. */
export function copyCronJob(input: ApplicationInput): object {
  const container = {
    name: copyContainer,
    image: "retriever-sidecar:demo",
    command: ["/usr/local/bin/node", "--disable-sigusr1", "/app/retriever-data/src/main.ts"],
    args: ["copy", "--lag", "1", "--termination-log", "/dev/termination-log", "--config", configFolder].concat(
      input.ownsDestination === true ? ["--create"] : [],
    ),
    env: storeEnv(input),
    volumeMounts: [{ name: "retriever-config", mountPath: configFolder }],
  };
  return suspended(copyTemplateName(input.name), { containers: [container], volumes: [configVolume(input)] });
}

/** The suspended CronJob that syncs are made from. */
export function syncCronJob(input: ApplicationInput): object {
  const container = {
    name: syncContainer,
    image: "retriever-sidecar:demo",
    command: ["/usr/local/bin/node", "--disable-sigusr1", "/app/retriever-data/src/main.ts"],
    args: "sync --interval 0.5 --lag 1 --verify-every 3 --listen 0.0.0.0:7091 --termination-log /dev/termination-log"
      .split(" ")
      .concat("--config", configFolder)
      .concat(input.ownsDestination === true ? ["--delete-extra", "--removals-need-leave"] : []),
    env: storeEnv(input),
    ports: [{ name: reportPort, containerPort: 7091 }],
    volumeMounts: [{ name: "retriever-config", mountPath: configFolder }],
  };
  return suspended(syncTemplateName(input.name), { containers: [container], volumes: [configVolume(input)] });
}

/** The suspended CronJob that repairs after a late rollback are made from. */
export function repairCronJob(input: ApplicationInput): object {
  const reports = "/etc/retriever-drift";
  const container = {
    name: repairContainer,
    image: "retriever-sidecar:demo",
    command: ["/usr/local/bin/node", "--disable-sigusr1", "/app/retriever-data/src/main.ts"],
    args: "verify --direction destination-to-source --yes --lag 1 --termination-log /dev/termination-log"
      .split(" ")
      .concat("--config", configFolder, "--repair", reports, "--digest", "$(RETRIEVER_REPAIR_DIGEST)"),
    env: [
      { name: "RETRIEVER_REPAIR_DIGEST", ...field(`metadata.annotations['${repairDigestAnnotation}']`) },
      ...storeEnv(input),
    ],
    volumeMounts: [
      { name: "retriever-config", mountPath: configFolder },
      { name: "retriever-drift", mountPath: reports },
    ],
  };
  const drift = { name: driftMapName(input.name), optional: true };
  const overlay = { configMap: { ...drift, items: [overlayItem] } };
  const sources = [{ configMap: { name: `${input.name}-retriever` } }, overlay];
  const volumes = [
    { name: "retriever-config", projected: { sources } },
    { name: "retriever-drift", configMap: drift },
  ];
  return suspended(repairTemplateName(input.name), { containers: [container], volumes });
}

function suspended(name: string, pod: object): object {
  const spec = { restartPolicy: "Never", ...pod };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, namespace },
    spec: { suspend: true, schedule: "0 0 1 1 *", jobTemplate: { spec: { backoffLimit: 0, template: { spec } } } },
  };
}

function field(fieldPath: string): object {
  return { valueFrom: { fieldRef: { fieldPath } } };
}

function storeEnv({ allowedHosts, qdrantKey, postgresUrl }: ApplicationInput): readonly object[] {
  return [
    { name: "RETRIEVER_ALLOWED_HOSTS", value: allowedHosts },
    ...(qdrantKey === undefined ? [] : [{ name: "RETRIEVER_CRED_QDRANT", value: qdrantKey }]),
    { name: "PGVECTOR_URL", value: postgresUrl },
  ];
}

function sidecarContainerOf(input: ApplicationInput): object {
  return {
    name: "retriever-sidecar",
    image: "retriever-sidecar:demo",
    args: ["serve", "--config", configFolder],
    env: [
      { name: "RETRIEVER_POD_UID", ...field("metadata.uid") },
      { name: "RETRIEVER_POD_NAME", ...field("metadata.name") },
      ...storeEnv(input),
    ],
    ports: [
      { name: "retrieve", containerPort: 7080 },
      { name: "admin", containerPort: 7090 },
    ],
    readinessProbe: { httpGet: { path: "/readyz", port: "admin" }, periodSeconds: 1 },
    volumeMounts: [{ name: "retriever-config", mountPath: configFolder }],
  };
}
