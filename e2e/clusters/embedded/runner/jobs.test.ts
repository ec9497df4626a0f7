// The Job controller over the embedded API: pods per completion, their last words, retries and the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type KubeObject, listOf, objectOf, textOf, valueAt } from "../api/model/json.ts";
import type { DirectCall } from "../api/start-api.ts";
import { type EmbeddedCluster, startEmbeddedCluster } from "../start-embedded-cluster.ts";

const standIn = fileURLToPath(new URL("../test/stand-in-verifier.ts", import.meta.url));
const wait = { timeout: 60_000, interval: 20 };
const jobs = { group: "batch", version: "v1", plural: "jobs", namespace: "default" } as const;
const overlay = {
  schema: 1,
  revision: { epoch: 1, migrationUid: "u", plan: "p" },
  source: { digest: "0".repeat(32) },
  destination: { kind: "qdrant", url: "http://qdrant.search.svc:6333", collection: "chunks" },
  primary: "source",
  shadow: "none",
  sampleRate: 0,
  thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
  released: false,
};

let cluster: EmbeddedCluster;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "embedded-jobs-"));
  const sidecarCommand = [process.execPath, standIn];
  cluster = await startEmbeddedCluster({ directory, runner: { sidecarCommand } });
  const data = { "migration.json": JSON.stringify(overlay) };
  direct({
    verb: "create",
    group: "",
    version: "v1",
    plural: "configmaps",
    namespace: "default",
    body: { metadata: { name: "overlay" }, data },
  });
});

afterEach(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

function direct(call: DirectCall): KubeObject {
  return cluster.api.direct(call) as KubeObject;
}

function create(name: string, verdict: string, more: object = {}): void {
  const container = {
    name: "retriever-verify",
    image: "retriever-sidecar",
    args: [
      "verify",
      "--config",
      "/etc/retriever",
      "--serve-report",
      "0.0.0.0:7091",
      "--termination-log",
      "/dev/termination-log",
    ],
    env: [
      { name: "VERDICT", value: verdict },
      {
        name: "RETRIEVER_VERIFY_SINCE",
        valueFrom: { fieldRef: { fieldPath: "metadata.annotations['retriever.dev/verify-since']" } },
      },
    ],
    ports: [{ name: "report", containerPort: 7091 }],
    volumeMounts: [{ name: "config", mountPath: "/etc/retriever" }],
  };
  const spec = {
    restartPolicy: "Never",
    containers: [container],
    volumes: [{ name: "config", projected: { sources: [{ configMap: { name: "overlay" } }] } }],
  };
  const since = "2026-01-01T00:00:00.000Z";
  const template = { metadata: { annotations: { "retriever.dev/verify-since": since } }, spec };
  direct({ verb: "create", ...jobs, body: { metadata: { name }, spec: { backoffLimit: 0, template, ...more } } });
}

function pods(job: string): readonly KubeObject[] {
  return cluster.api.store.list("/pods").filter(({ metadata }) => metadata.labels?.["job-name"] === job);
}

async function ended(name: string): Promise<KubeObject> {
  return vi.waitFor(() => {
    const job = direct({ verb: "get", ...jobs, name });
    expect(listOf(valueAt(job, "status", "conditions")).length).toBe(1);
    return job;
  }, wait);
}

const conditionOf = (job: KubeObject) => objectOf(listOf(valueAt(job, "status", "conditions"))[0]);
const lastWords = (pod: KubeObject | undefined) =>
  objectOf(valueAt(listOf(valueAt(pod, "status", "containerStatuses"))[0], "state", "terminated"));

it("a Job whose verifier finds no difference completes, and its last words are the summary", async () => {
  create("good", "equal", { activeDeadlineSeconds: 86_400 });
  expect(conditionOf(await ended("good"))).toMatchObject({ type: "Complete" });
  const [pod, ...others] = pods("good");
  expect(others).toEqual([]);
  const { exitCode, message } = lastWords(pod);
  expect([exitCode, valueAt(pod, "status", "phase")]).toEqual([0, "Succeeded"]);
  expect(JSON.parse(textOf(message))).toMatchObject({ outcome: "equal", scope: { since: "2026-01-01T00:00:00.000Z" } });
});

it("a Job whose verifier finds differences fails with its last words, after as many tries as it may", async () => {
  create("drifted", "drift", { backoffLimit: 1 });
  expect(conditionOf(await ended("drifted"))).toMatchObject({ type: "Failed", reason: "BackoffLimitExceeded" });
  expect(pods("drifted").map((pod) => lastWords(pod)["exitCode"])).toEqual([1, 1]);
});

it("a FailJob rule ends a Job at once", async () => {
  const rules = [{ action: "FailJob", onExitCodes: { operator: "In", values: [1, 2] } }];
  create("ruled", "unknown", { backoffLimit: 6, podFailurePolicy: { rules } });
  expect(conditionOf(await ended("ruled"))).toMatchObject({ type: "Failed", reason: "PodFailurePolicy" });
  expect(pods("ruled").length).toBe(1);
});

it("a Job that is active for longer than it may fails, and its pod ends before it has said anything", async () => {
  create("slow", "equal", { activeDeadlineSeconds: 1 });
  expect(conditionOf(await ended("slow"))).toMatchObject({ type: "Failed", reason: "DeadlineExceeded" });
  await vi.waitFor(() => expect(pods("slow")).toEqual([]), wait);
  expect(valueAt(direct({ verb: "get", ...jobs, name: "slow" }), "status")).toMatchObject({ active: 0, succeeded: 0 });
});

it("an Indexed Job runs every partition, few at a time, and each knows its index", async () => {
  create("parts", "equal", { completionMode: "Indexed", completions: 3, parallelism: 2 });
  expect(valueAt(await ended("parts"), "status", "succeeded")).toBe(3);
  const indexes = pods("parts").map((pod) =>
    valueAt(pod, "metadata", "annotations", "batch.kubernetes.io/job-completion-index"),
  );
  expect(new Set(indexes)).toEqual(new Set(["0", "1", "2"]));
  expect(pods("parts").map((pod) => JSON.parse(textOf(lastWords(pod)["message"])).scope.partition.index)).toContain(2);
});

it("the pods of a deleted Job go with it", async () => {
  create("gone", "equal");
  await ended("gone");
  direct({ verb: "delete", ...jobs, name: "gone" });
  await vi.waitFor(() => expect(pods("gone")).toEqual([]), wait);
});
