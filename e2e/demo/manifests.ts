// The objects a user would apply, with the durations of a demo. Nothing here is known to the operator otherwise.
import type { MigrationSpecInput } from "@retriever/crds/migration-spec.ts";
import { overlayName } from "@retriever/sidecar/contract/names.ts";

export const namespace = "search";

/** Folder of the sidecar's configuration inside the container. */
const configFolder = "/etc/retriever";

export type ApplicationInput = {
  readonly name: string;
  readonly replicas: number;
  readonly postgresUrl: string;
  readonly table: string;
  /** Value of the pod's RETRIEVER_CRED_QDRANT. */
  readonly qdrantKey: string;
  readonly allowedHosts: string;
};

/** Base ConfigMap of an application: the users' own configuration, serving from pgvector. */
export function baseConfigMap(input: Pick<ApplicationInput, "name" | "table">): object {
  const base = {
    primary: {
      kind: "pgvector",
      connectionString: { fromEnv: "PGVECTOR_URL" },
      table: input.table,
      // The demo's Postgres may be PGlite: one session for everybody, so no prepared statements and few connections.
      preparedStatements: false,
      poolSize: 2,
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
          volumes: [
            {
              name: "retriever-config",
              projected: {
                sources: [
                  { configMap: { name: `${input.name}-retriever` } },
                  { configMap: { name: overlayName(input.name), optional: true } },
                ],
              },
            },
          ],
        },
      },
    },
  };
}

function sidecarContainerOf(input: ApplicationInput): object {
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  return {
    name: "retriever-sidecar",
    image: "retriever-sidecar:demo",
    args: ["serve", "--config", configFolder],
    env: [
      { name: "RETRIEVER_POD_UID", ...field("metadata.uid") },
      { name: "RETRIEVER_POD_NAME", ...field("metadata.name") },
      { name: "RETRIEVER_ALLOWED_HOSTS", value: input.allowedHosts },
      { name: "RETRIEVER_CRED_QDRANT", value: input.qdrantKey },
      { name: "PGVECTOR_URL", value: input.postgresUrl },
    ],
    ports: [
      { name: "retrieve", containerPort: 7080 },
      { name: "admin", containerPort: 7090 },
    ],
    readinessProbe: { httpGet: { path: "/readyz", port: "admin" }, periodSeconds: 1 },
    volumeMounts: [{ name: "retriever-config", mountPath: configFolder }],
  };
}

export type MigrationInput = {
  readonly name: string;
  readonly target: string;
  readonly url: string;
  readonly collection: string;
  /** Healthy time the guard asks for. */
  readonly guardDuration: string;
};

/** The runbook with a demo's durations: 27 h become seconds by the manifest alone. */
export function migrationManifest(input: MigrationInput): object {
  const spec: MigrationSpecInput = {
    target: { kind: "Deployment", name: input.target },
    destination: {
      kind: "qdrant",
      url: input.url,
      collection: input.collection,
      apiKey: { fromEnv: "RETRIEVER_CRED_QDRANT" },
    },
    // Nobody writes during the demo, so the source can't fall behind.
    writes: "SourceOnly",
    checklist: {
      parity: { policy: "Skip" },
      alerts: { policy: "Skip" },
      approvals: { policy: "Skip" },
      window: { policy: "Skip" },
      staging: { policy: "Skip" },
      smokeTests: { policy: "Skip" },
    },
    stages: [
      { sampleRate: 0.2, minDuration: "4s", minSamples: 20 },
      { sampleRate: 0.5, minDuration: "4s", minSamples: 40 },
    ],
    gates: { window: "1s", minDwell: "3s" },
    cutover: { shadowSampleRate: 0.5, ackTimeout: "30s", validationTimeout: "30s" },
    guard: { duration: input.guardDuration, deadline: "10m", minSamples: 40 },
    rollback: { window: "8s", sustainedFor: "4s" },
  };
  return {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name: input.name, namespace },
    spec,
  };
}
