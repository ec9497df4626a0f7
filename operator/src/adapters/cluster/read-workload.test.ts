import { describe, expect, test } from "vitest";
import type { Container, DeploymentDocument, PodDocument, Volume } from "#kube/documents.ts";
import { printSelector, readPodDocument, readWorkloadDocument } from "./read-workload.ts";

const volumes: readonly Volume[] = [
  {
    name: "config",
    projected: {
      sources: [
        { configMap: { name: "app-retriever" } },
        { configMap: { name: "app-retriever-migration", optional: true } },
        {},
      ],
    },
  },
  { name: "unrelated", configMap: { name: "ca-bundle" } },
];
const sidecar: Container = {
  name: "retriever-sidecar",
  args: ["serve", "--config", "/etc/retriever/config/"],
  volumeMounts: [
    { name: "config", mountPath: "/etc/retriever/config" },
    { name: "unrelated", mountPath: "/etc/ssl" },
  ],
};

function aDeployment(container: Container, inInit = false): DeploymentDocument {
  const spec = inInit
    ? { initContainers: [container], volumes }
    : { containers: [{ name: "app" }, container], volumes };
  return { spec: { selector: { matchLabels: { app: "x" } }, template: { spec } } };
}

describe("a Deployment", () => {
  test("tells the sources of the sidecar's config directory only", () => {
    expect(readWorkloadDocument(aDeployment(sidecar))).toEqual({
      replicas: 1,
      selector: "app=x",
      hasSidecar: true,
      usesSubPath: false,
      configSources: [
        { configMap: "app-retriever", optional: false, items: null },
        { configMap: "app-retriever-migration", optional: true, items: null },
      ],
    });
  });

  test.each([
    ["as one word", { args: ["serve", "--config=/etc/retriever/config"] }],
    ["in the command", { args: [], command: ["retriever-sidecar", "serve", "--config", "/etc/retriever/config"] }],
    ["in the environment", { args: [], env: [{ name: "RETRIEVER_CONFIG", value: "/etc/retriever/config" }] }],
  ])("whose directory is named %s tells the same", (_, more) => {
    expect(readWorkloadDocument(aDeployment({ ...sidecar, ...more })).configSources.length).toBe(2);
  });

  test("whose directory isn't named tells every ConfigMap that the sidecar mounts", () => {
    const { configSources } = readWorkloadDocument(aDeployment({ ...sidecar, args: [] }));
    expect(configSources.map(({ configMap }) => configMap)).toEqual([
      "app-retriever",
      "app-retriever-migration",
      "ca-bundle",
    ]);
  });

  test("that mounts a single file uses subPath", () => {
    const volumeMounts = [
      { name: "config", mountPath: "/etc/retriever/config/retriever.json", subPath: "retriever.json" },
    ];
    expect(readWorkloadDocument(aDeployment({ ...sidecar, volumeMounts })).usesSubPath).toBe(true);
  });

  test("may have the sidecar as an init container that keeps running", () => {
    expect(readWorkloadDocument(aDeployment(sidecar, true)).hasSidecar).toBe(true);
  });

  test("without the sidecar has none, and no sources", () => {
    expect(readWorkloadDocument(aDeployment({ ...sidecar, name: "other" }))).toMatchObject({
      hasSidecar: false,
      configSources: [],
    });
  });

  test("selects its pods by labels and expressions", () => {
    const matchExpressions = [
      { key: "tier", operator: "In", values: ["a", "b"] },
      { key: "old", operator: "NotIn", values: ["yes"] },
      { key: "app", operator: "Exists" },
      { key: "gone", operator: "DoesNotExist" },
    ];
    expect(printSelector({ matchLabels: { app: "x" }, matchExpressions })).toBe(
      "app=x,tier in (a,b),old notin (yes),app,!gone",
    );
  });
});

const running: PodDocument = {
  metadata: { name: "p", uid: "u", annotations: { "retriever.dev/config-epoch": "7" } },
  spec: { containers: [{ ...sidecar, ports: [{ name: "admin", containerPort: 7999 }] }] },
  status: {
    podIP: "10.0.0.1",
    conditions: [
      { type: "Ready", status: "True" },
      { type: "ContainersReady", status: "True" },
    ],
    containerStatuses: [{ name: "retriever-sidecar", state: { running: {} } }],
  },
};
const notReady = [
  { type: "Ready", status: "False" },
  { type: "ContainersReady", status: "True" },
];

describe("a pod", () => {
  test("that runs tells address, admin port, epoch and readiness", () => {
    expect(readPodDocument(running)).toEqual({
      name: "p",
      uid: "u",
      terminating: false,
      ready: true,
      sidecarRunning: true,
      nodeLost: false,
      annotatedEpoch: 7,
      ip: "10.0.0.1",
      adminPort: 7999,
    });
  });

  test("is asked in the way that proves most of those that its template names", () => {
    const ports = [
      { name: "admin", containerPort: 7999 },
      { name: "admin-tls", containerPort: 7998 },
      { name: "admin-mtls", containerPort: 7997 },
    ];
    const naming = (count: number) =>
      readPodDocument({ ...running, spec: { containers: [{ ...sidecar, ports: ports.slice(0, count) }] } });
    expect(naming(1)).not.toHaveProperty("adminTls");
    expect(naming(2)).toMatchObject({ adminPort: 7998, adminTls: "tls" });
    expect(naming(3)).toMatchObject({ adminPort: 7997, adminTls: "mutual" });
  });

  test("that has just been created is empty, not broken", () => {
    expect(readPodDocument({})).toMatchObject({
      ip: "",
      annotatedEpoch: 0,
      adminPort: 7090,
      sidecarRunning: false,
      nodeLost: false,
    });
  });

  test.each([
    [
      "whose node was marked lost by the node controller",
      { status: { ...running.status, conditions: notReady } },
      true,
    ],
    ["whose deletion found the node lost", { status: { ...running.status, reason: "NodeLost" } }, true],
    [
      "that waits for a readiness gate",
      { status: { ...running.status, conditions: notReady }, spec: { ...running.spec, readinessGates: [{}] } },
      false,
    ],
    [
      "whose containers aren't ready",
      {
        status: {
          ...running.status,
          conditions: [
            { type: "Ready", status: "False" },
            { type: "ContainersReady", status: "False" },
          ],
        },
      },
      false,
    ],
  ])("%s: node lost %s", (_, more, lost) => {
    expect(readPodDocument({ ...running, ...more }).nodeLost).toBe(lost);
  });

  test.each([
    ["in its node's network", { spec: { ...running.spec, hostNetwork: true } }, "it is in its node's network"],
    [
      "that declares no admin port",
      { spec: { containers: [sidecar] } },
      "declares no port admin (or admin-tls, admin-mtls)",
    ],
    ["whose address is a name", { status: { ...running.status, podIP: "kubernetes.default" } }, "its address is none"],
  ])("%s is never asked", (_, more, why) => {
    expect(readPodDocument({ ...running, ...more }).unaskable).toContain(why);
    expect(readPodDocument(running).unaskable).toBeUndefined();
  });

  test("with an annotation that is no epoch counts as never annotated", () => {
    for (const text of ["-1", "x", "1.5", ""]) {
      const annotations = { "retriever.dev/config-epoch": text };
      expect(readPodDocument({ metadata: { annotations } }).annotatedEpoch).toBe(0);
    }
  });
});
