// Pods that are deleted while their application is still asked: what a deploy costs, without any migration.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sidecarImage } from "#clusters/real/import-images.ts";
import { hostAddress } from "#clusters/real/layout.ts";
import { eventually } from "#support/eventually.ts";
import { queriesOf } from "#support/load/load.ts";
import { openDoor, type StoreDoor } from "../../embedded/store-door.ts";
import { applicationObjects } from "../objects.ts";
import { openStage, type Stage } from "../stage.ts";

const namespace = "story-leaving";
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
const podsPath = `/api/v1/namespaces/${namespace}/pods`;

let stage: Stage;
let door: StoreDoor;
beforeAll(async () => {
  stage = await openStage("leaving");
  const { hostname, port } = new URL(stage.postgres.connectionString);
  door = await openDoor({ host: hostname, port: Number(port) }, hostAddress);
  await stage.client.create("/api/v1/namespaces", { metadata: { name: namespace } });
}, 240_000);
afterAll(async () => {
  await stage.client.remove(`/api/v1/namespaces/${namespace}`);
  await door.close();
  await stage.close();
});

const drainMs = 8000;
/** Asks all the while with a new connection each time, also for some seconds after SIGTERM; then says how it was answered. */
const program = `
  const { writeFileSync } = require("node:fs");
  const headers = { "content-type": "application/json", connection: "close" };
  const all = { before: [], after: [] };
  let told = all.before;
  const ask = () => fetch("http://127.0.0.1:7080/v1/retrieve", { method: "POST", headers, body: process.env.QUERY })
    .then(async (answer) => { await answer.text(); return answer.status; }, (fault) => fault.cause?.code ?? "failed");
  setInterval(() => { const list = told; ask().then((answer) => list.push(answer)); }, 100);
  process.once("SIGTERM", () => {
    told = all.after;
    setTimeout(() => {
      const kinds = (list) => [...new Set(list)].join();
      writeFileSync("/dev/termination-log", kinds(all.before) + "|" + all.after.length + "|" + kinds(all.after));
      process.exit(0);
    }, ${drainMs});
  });
`;

type Ended = { readonly name: string; readonly state?: { readonly terminated?: { readonly message?: string } } };

/** Starts one pod of it, lets it go, and resolves with the application's last words. */
async function lastWordsOf(name: string, where: "containers" | "initContainers"): Promise<string> {
  const url = new URL(stage.postgres.connectionString);
  url.host = `${door.host}:${door.port}`;
  const input = {
    name,
    replicas: 1,
    table: stage.table,
    postgresUrl: url.href,
    qdrantKey: undefined,
    allowedHosts: "",
  };
  const { base, deployment } = applicationObjects(input, namespace);
  const { template } = deployment.spec;
  const [sidecar] = template.spec.containers;
  const [query] = queriesOf(stage.dataset, 1);
  const application = {
    name: "application",
    image: sidecarImage,
    imagePullPolicy: "Never",
    command: ["/usr/local/bin/node", "-e", program],
    env: [{ name: "QUERY", value: JSON.stringify({ embedding: Array.from(query?.embedding ?? []), k: 3 }) }],
  };
  const kept = {
    ...sidecar,
    restartPolicy: "Always",
    startupProbe: { ...sidecar?.readinessProbe, failureThreshold: 60 },
  };
  const containers =
    where === "containers"
      ? { containers: [application, sidecar] }
      : { containers: [application], initContainers: [kept] };
  const spec = { ...template.spec, ...containers, terminationGracePeriodSeconds: 60 };
  await stage.client.create(`/api/v1/namespaces/${namespace}/configmaps`, base);
  await stage.client.create(deployments, {
    ...deployment,
    spec: { ...deployment.spec, template: { ...template, spec } },
  });
  const statusOf = async () => {
    const all = await stage.client.list(podsPath);
    const own = all.find(({ metadata }) => metadata.name.startsWith(`${name}-`));
    return own?.["status"] as
      | {
          readonly conditions?: readonly { type: string; status: string }[];
          readonly containerStatuses?: readonly Ended[];
        }
      | undefined;
  };
  await eventually("the pod is ready", async () =>
    (await statusOf())?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
  await stage.client.mergePatch(`${deployments}/${name}/scale`, { spec: { replicas: 0 } });
  return eventually(
    "the application has ended",
    async () =>
      (await statusOf())?.containerStatuses?.find((one) => one.name === "application")?.state?.terminated?.message,
  );
}

describe.concurrent("on a real kubelet, a pod that leaves while its application is asked for some seconds more", {
  timeout: 300_000,
}, () => {
  it("with its sidecar in initContainers has every request answered, from the first one on", async () => {
    const [before, asked, after] = (await lastWordsOf("kept", "initContainers")).split("|");
    expect([before, after]).toEqual(["200", "200"]);
    expect(Number(asked)).toBeGreaterThan(20);
  });

  it("with its sidecar in containers, which gets SIGTERM at the same time, has every one after that answered too", async () => {
    const [, asked, after] = (await lastWordsOf("ordinary", "containers")).split("|");
    expect(after).toBe("200");
    expect(Number(asked)).toBeGreaterThan(20);
  });
});
