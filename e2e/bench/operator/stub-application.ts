// An application whose pods only exist in the API: its sidecars are answered for here, and follow the overlay at once.
// For rows about the operator alone; they say nothing about sidecars or kubelets.

import { hash } from "node:crypto";
import { createServer } from "node:http";
import { binSeconds, noCounters, parseWindows } from "@retriever/sidecar/contract/evidence.ts";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { type Overlay, overlayFileName, overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { locateOverlayAdapter } from "@retriever/stores/kinds.ts";
import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";
import { listen } from "#support/http-server.ts";
import { applicationDeployment, baseConfigMap } from "#support/world/application-manifests.ts";
import type { Place } from "./acts.ts";
import { kinds } from "./bench-cluster.ts";

const adminPort = 7090;
const source = identityOf({ kind: "pgvector", host: "127.0.0.1", port: 5432, place: "app/public.chunks" });

/** Creates Deployment, base and one running pod per address. */
export function createStubApplication(api: EmbeddedApi, place: Place, addresses: readonly string[]): void {
  const { namespace, name } = place;
  const at = (object: object): object => {
    const { metadata } = object as { readonly metadata: object };
    return { ...object, metadata: { ...metadata, namespace } };
  };
  const input = {
    name,
    replicas: addresses.length,
    postgresUrl: "postgres://127.0.0.1/app",
    table: "chunks",
    qdrantKey: undefined,
    allowedHosts: "127.0.0.1",
  };
  const deployment = applicationDeployment(input);
  const { spec } = deployment as { readonly spec: { readonly template: { metadata: object; spec: object } } };
  api.direct({ verb: "create", ...kinds.configMaps, namespace, body: at(baseConfigMap(input)) });
  api.direct({ verb: "create", ...kinds.deployments, namespace, body: at(deployment) });
  const uid = api.store.get("apps/deployments", namespace, name)?.metadata.uid;
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true };
  for (const [index, podIP] of addresses.entries()) {
    const metadata = {
      ...spec.template.metadata,
      namespace,
      name: `${name}-${index}`,
      ownerReferences: [owner],
    };
    const pod = { ...kinds.pods, namespace, name: metadata.name };
    api.direct({ verb: "create", ...pod, body: { apiVersion: "v1", kind: "Pod", metadata, spec: spec.template.spec } });
    const contentType = "application/merge-patch+json";
    api.direct({ verb: "patch", ...pod, subresource: "status", contentType, body: { status: runningStatus(podIP) } });
  }
}

/** Takes away what was created; an overlay that is still there, too. */
export function removeStubApplication(api: EmbeddedApi, { namespace, name }: Place, pods: number): void {
  const remove = (kind: (typeof kinds)[keyof typeof kinds], object: string) =>
    api.direct({ verb: "delete", ...kind, namespace, name: object, body: { gracePeriodSeconds: 0 } });
  for (let index = 0; index < pods; index += 1) remove(kinds.pods, `${name}-${index}`);
  remove(kinds.deployments, name);
  remove(kinds.configMaps, `${name}-retriever`);
}

function runningStatus(podIP: string): object {
  const since = new Date().toISOString().replace(/\.\d{3}Z$/, "Z");
  const condition = (type: string) => ({ type, status: "True", lastTransitionTime: since });
  const container = { name: "retriever-sidecar", ready: true, restartCount: 0, image: "stub", imageID: "" };
  return {
    phase: "Running",
    podIP,
    conditions: [condition("Ready"), condition("ContainersReady")],
    containerStatuses: [{ ...container, state: { running: { startedAt: since } } }],
  };
}

/** Listens on an address for the sidecars of one application at a time. */
export async function openStubSidecar(
  api: EmbeddedApi,
  address: string,
  application: () => Place,
): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const windows = parseWindows(new URL(request.url ?? "/", "http://stub").searchParams.get("windows") ?? "") ?? [];
    const status = statusOf(api, application(), address, windows);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  return (await listen(server, address, adminPort)).close;
}

type Spans = NonNullable<ReturnType<typeof parseWindows>>;

/** A pod of the application by its address. */
function podAt(api: EmbeddedApi, namespace: string, address: string) {
  const pods = api.store.list("/pods", namespace);
  return pods.find((pod) => (pod["status"] as { readonly podIP?: unknown } | undefined)?.podIP === address)?.metadata;
}

function statusOf(api: EmbeddedApi, { namespace, name }: Place, address: string, windows: Spans): SidecarStatus {
  const pod = podAt(api, namespace, address);
  const { text, overlay } = overlayOf(api, namespace, name);
  const counters = noCounters();
  const epoch = overlay?.revision.epoch ?? 0;
  return {
    schema: 1,
    podUid: pod?.uid ?? "none",
    podName: pod?.name ?? name,
    startId: name,
    version: "0.1.0",
    readableOverlaySchemas: [1],
    base: source,
    config: overlay === undefined ? ownConfig : configOf(overlay, text),
    configFault: null,
    stores: overlay === undefined ? [storeOf("source", source, ownConfig)] : storesOf(overlay),
    evidence: {
      epoch,
      sinceSeconds: 1,
      counters,
      windows: windows.map((span) => ({ ...span, coveredSeconds: 1, counters })),
      closedAt: Math.floor(Date.now() / (binSeconds * 1000)) * binSeconds,
      bins: [],
    },
  };
}

type Config = SidecarStatus["config"];

/** Of a sidecar that serves its base. */
const ownConfig: Config = {
  epoch: 0,
  hash: null,
  migrationUid: null,
  primary: "source",
  primaryIdentity: source,
  shadow: "none",
  sampleRate: 0,
  released: false,
  overlay: "absent",
  sourceChanged: false,
  effectiveSampleRate: null,
  ignoredKeys: [],
};

function configOf(overlay: Overlay, text: string): Config {
  const { revision, primary, shadow, sampleRate, released } = overlay;
  return {
    ...ownConfig,
    epoch: revision.epoch,
    hash: hash("sha256", text),
    migrationUid: revision.migrationUid,
    primary,
    primaryIdentity: primary === "source" ? source : destinationOf(overlay),
    shadow,
    sampleRate,
    released,
    overlay: "in-force",
  };
}

function destinationOf(overlay: Overlay) {
  return identityOf(locateOverlayAdapter(overlay.destination));
}

function storesOf(overlay: Overlay): StoreStatus[] {
  return [storeOf("source", source, overlay), storeOf("destination", destinationOf(overlay), overlay)];
}

function storeOf(
  store: StoreStatus["store"],
  identity: StoreStatus["identity"],
  { primary, shadow }: Pick<Config, "primary" | "shadow">,
): StoreStatus {
  return { store, role: primary === store ? "primary" : shadow === store ? "shadow" : "none", identity, ...healthy };
}

const healthy = {
  reachable: true,
  tls: "off",
  authenticated: true,
  exists: true,
  dimension: 384,
  count: 5000,
  newestUpdatedAt: "2026-01-01T00:00:00.000Z",
  indexedVectors: 5000,
  probeAgeSeconds: 1,
  lastOkAgeSeconds: 1,
  lastError: null,
} as const;

function overlayOf(api: EmbeddedApi, namespace: string, application: string): { text: string; overlay?: Overlay } {
  const object = api.store.get("/configmaps", namespace, overlayName(application));
  const text = (object?.["data"] as Readonly<Record<string, string>> | undefined)?.[overlayFileName] ?? "";
  if (text === "") return { text };
  return { text, overlay: overlaySchema.parse(JSON.parse(text)) };
}
