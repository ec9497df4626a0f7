// The command whole: an API server of a few objects, and the archive as somebody who helps unpacks it.
import { gunzipSync } from "node:zlib";
import { chainStart, printRecord } from "@retriever/operator/core/status/audit-record.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import type { KubeCall } from "@retriever/operator/kube/kube-request.ts";
import { aChain, aDraft } from "@retriever/operator/test/builders/evidence.ts";
import { aRawMigration } from "@retriever/operator/test/builders/migration.ts";
import { extract } from "tar-stream";
import { expect, test } from "vitest";
import { runCli } from "#program.ts";
import { makeFakeRequest } from "#test/fake-request.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const canary = "CANARY-s3cret";
const search = "/namespaces/search";
const paths = {
  migration: `/apis/retriever.dev/v1alpha1${search}/retrievermigrations/docs`,
  acts: `/apis/retriever.dev/v1alpha1${search}/migrationacts`,
  overlay: `/api/v1${search}/configmaps/search-api-retriever-migration`,
  deployment: `/apis/apps/v1${search}/deployments/search-api`,
  pods: `/api/v1${search}/pods`,
  log: `/api/v1${search}/pods/search-api-1/log`,
  status: `/api/v1${search}/pods/${encodeURIComponent("search-api-1:7999")}/proxy/v1/status`,
  operatorPods: "/api/v1/namespaces/retriever-system/pods",
};

const container = {
  name: "retriever-sidecar",
  image: "sidecar:0.1.0",
  ports: [{ name: "admin", containerPort: 7999 }],
  env: [{ name: "PGPASSWORD", value: canary }],
};
const migration = { ...(aRawMigration() as object), metadata: { namespace: "search", name: "docs", uid: "uid-1" } };
const objects: Readonly<Record<string, unknown>> = {
  [paths.migration]: migration,
  [paths.acts]: [
    { metadata: { name: "docs-pause-1" }, spec: { migration: { name: "docs" }, reason: `token=${canary}` } },
    { metadata: { name: "other-pause-1" }, spec: { migration: { name: "other" } } },
  ],
  [paths.overlay]: { metadata: { name: "o" }, data: { "retriever-overlay.json": `{"password":"${canary}"}` } },
  [paths.deployment]: {
    metadata: { name: "search-api", annotations: { note: canary } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "search" } },
      template: { spec: { containers: [container] } },
    },
  },
  [paths.pods]: [
    {
      metadata: { name: "search-api-1", uid: "u1", annotations: { note: canary } },
      spec: { containers: [container] },
      status: { containerStatuses: [{ name: "retriever-sidecar", ready: true, restartCount: 0 }] },
    },
  ],
  [paths.status]: { podName: "search-api-1", config: { epoch: 3 } },
};

const log = `{"level":"warn","fault":"postgres://u:${canary}@pg/app refused"}\nlast line`;

function arrange(more: Readonly<Record<string, unknown>> = {}, name = "docs") {
  const answered = makeFakeRequest({ ...objects, ...more });
  const request = Object.assign(
    async (call: KubeCall) => {
      if (call.form !== "text") return answered(call);
      if (call.place.subresource === "log") return makeLog(call.query ?? {});
      return more["answer"] ?? JSON.stringify(await answered(call));
    },
    { calls: answered.calls },
  );
  const whole = (more["log"] as string | undefined) ?? log;
  /** As a kubelet does it: the newest lines, and of them the first bytes. */
  const makeLog = ({ tailLines, limitBytes }: Readonly<Record<string, string>>) =>
    whole.split("\n").slice(-Number(tailLines)).join("\n").slice(0, Number(limitBytes));
  const terminal = makeFakeTerminal();
  const written: { readonly path: string; readonly bytes: Uint8Array }[] = [];
  const files = {
    read: async () => "",
    write: async () => undefined,
    create: async (path: string, bytes: Uint8Array) => void written.push({ path, bytes }),
  };
  const client = {
    listEvents: async () => [
      { name: "e1", at: "", type: "Warning", reason: "Held", message: `Bearer ${canary}`, count: 1 },
    ],
    listMigrations: async () => [migration],
  };
  const note = more["note"] === undefined ? {} : { note: more["note"] };
  const records = aChain([aDraft({ phase: "Pending", epoch: 0, ...note })]);
  const chain = { after: chainStart, end: records.at(-1), lines: records.map(printRecord) };
  const { around } = makeFakeSurroundings({ request, client, terminal, files, readChain: async () => chain });
  const run = (...words: readonly string[]) =>
    runCli(["support-bundle", ...(name === "" ? [] : [name]), "-n", "search", ...words], around);
  return { run, written, calls: answered.calls, ...terminal };
}

async function unpack(bytes: Uint8Array): Promise<Readonly<Record<string, string>>> {
  const archive = extract();
  archive.end(gunzipSync(bytes));
  const found: Record<string, string> = {};
  for await (const entry of archive) {
    let text = "";
    for await (const part of entry as AsyncIterable<Buffer>) text += part.toString("utf8");
    found[entry.header.name.replace(/^[^/]+\//, "")] = text;
    expect(entry.header.mode).toBe(0o600);
  }
  return found;
}

const folder = "migrations/search/docs";

test("a bundle holds the migration, its acts, events, evidence, overlay, pods, logs and what sidecars say", async () => {
  const { run, written, printed } = arrange();
  expect(await run()).toBe(0);
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  const names = [
    "migration.json",
    "acts.json",
    "events.json",
    "evidence.jsonl",
    "overlay.json",
    "workload.json",
    "pods.json",
    "pods/search-api-1/retriever-sidecar.log",
    "pods/search-api-1/status.json",
  ];
  expect(Object.keys(found)).toEqual(
    expect.arrayContaining([...names.map((each) => `${folder}/${each}`), "versions.json"]),
  );
  expect(JSON.parse(found[`${folder}/acts.json`] ?? "")).toHaveLength(1);
  expect(found[`${folder}/pods/search-api-1/retriever-sidecar.log`]).toContain("last line");
  expect(JSON.parse(found[`${folder}/pods/search-api-1/status.json`] ?? "")).toMatchObject({ config: { epoch: 3 } });
  expect(written[0]?.path).toMatch(/^support-bundle-search-\d{8}T\d{6}Z\.tar\.gz$/);
  expect(printed.at(-1)).toContain(written[0]?.path);
});

test("of a sidecar in initContainers it holds the restarts, the log before the last of them, and the image as well", async () => {
  const app = { name: "search-api", image: "search-api:1.0.0" };
  const { run, written } = arrange({
    [paths.deployment]: {
      metadata: { name: "search-api" },
      spec: {
        selector: { matchLabels: { app: "search" } },
        template: { spec: { initContainers: [container], containers: [app] } },
      },
    },
    [paths.pods]: [
      {
        metadata: { name: "search-api-1", uid: "u1" },
        spec: { initContainers: [container], containers: [app] },
        status: { initContainerStatuses: [{ name: "retriever-sidecar", ready: true, restartCount: 2 }] },
      },
    ],
  });
  await run();
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  expect(JSON.parse(found[`${folder}/workload.json`] ?? "")).toMatchObject({
    containers: [{ name: "retriever-sidecar", image: "sidecar:0.1.0" }, app],
  });
  expect(found[`${folder}/pods.json`]).toContain('"restartCount": 2');
  expect(Object.keys(found)).toContain(`${folder}/pods/search-api-1/retriever-sidecar.previous.log`);
});

test("no secret is in it, wherever somebody wrote one, and no Secret and no base is asked for", async () => {
  const { run, written, calls } = arrange();
  await run();
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  expect(Object.values(found).join("\n")).not.toContain(canary);
  expect(Object.values(found).join("\n")).toContain("[secret]");
  const asked = calls.map(({ place }) => `${place.resource.plural}/${place.name ?? ""}`);
  expect(asked.filter((one) => one.startsWith("secrets"))).toEqual([]);
  expect(asked.filter((one) => one.startsWith("configmaps/"))).toEqual(["configmaps/search-api-retriever-migration"]);
});

test("what may not be read is listed with the right that it needs, and the rest is there", async () => {
  const { run, written, warned } = arrange({ [paths.status]: "ROP_FORBIDDEN", [paths.acts]: "ROP_FORBIDDEN" });
  expect(await run()).toBe(0);
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  const { missing } = JSON.parse(found["manifest.json"] ?? "") as { missing: { path: string; why: string }[] };
  expect(missing).toContainEqual({
    path: `${folder}/pods/search-api-1/status.json`,
    why: "needs the right to get pods/proxy",
  });
  expect(missing).toContainEqual({
    path: `${folder}/acts.json`,
    why: "needs the right to list migrationacts.retriever.dev",
  });
  expect(warned.join("\n")).toContain("not in it: migrations/search/docs/acts.json");
  expect(Object.keys(found)).toContain(`${folder}/migration.json`);
});

test("of a log with lines that are too long the newest are there, and that some aren't is told", async () => {
  const long = `password=${canary}\n${`${"x".repeat(5000)}\n`.repeat(499)}last line`;
  const { run, written } = arrange({ log: long });
  await run();
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  const path = `${folder}/pods/search-api-1/retriever-sidecar.log`;
  expect(found[path]?.split("\n")).toHaveLength(100);
  expect(found[path]?.endsWith("\nlast line")).toBe(true);
  const { missing } = JSON.parse(found["manifest.json"] ?? "") as { readonly missing: unknown };
  expect(missing).toContainEqual({ path, why: "its newest 500 lines are too long: only 100 were asked for" });
});

test.each([
  ["more than anybody says of himself", `{"a":"${"x".repeat(1_100_000)}"}`, /more than 1048576 characters/],
  ["deeper than anything can walk through", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, /too many levels/],
  ["no JSON", "hello", /not JSON/],
])("a pod that answers %s loses its own file alone", async (_, answer, why) => {
  const { run, written } = arrange({ answer });
  expect(await run()).toBe(0);
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  const { missing } = JSON.parse(found["manifest.json"] ?? "") as { missing: { path: string; why: string }[] };
  const path = `${folder}/pods/search-api-1/status.json`;
  expect(missing.find((one) => one.path === path)?.why).toMatch(why);
  expect(Object.keys(found)).toContain(`${folder}/pods/search-api-1/retriever-sidecar.log`);
});

test("evidence that had a secret in it is there without, and that its chain doesn't hold is told", async () => {
  const { run, written } = arrange({ note: `password=${canary}` });
  await run();
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  expect(found[`${folder}/evidence.jsonl`]).toContain("password=[secret]");
  expect(found["manifest.json"]).toContain("its chain doesn't hold");
});

test("without a name every migration of the namespace is in it; the operator's logs where its namespace is given", async () => {
  // A mesh puts its proxy first.
  const spec = { containers: [{ name: "istio-proxy" }, { name: "operator" }] };
  const pod = { metadata: { name: "op-1" }, spec, status: {} };
  const { run, written } = arrange({ [paths.operatorPods]: [pod] }, "");
  expect(await run("--operator-namespace", "retriever-system", "-O", "mine.tar.gz")).toBe(0);
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  expect(written[0]?.path).toBe("mine.tar.gz");
  expect(Object.keys(found)).toEqual(expect.arrayContaining(["operators/retriever-system/op-1/operator.log"]));
  expect(Object.keys(found).some((path) => path.endsWith("/migration.json"))).toBe(true);
});

test("the operator's namespace is found by its lease where leases may be listed", async () => {
  const pod = { metadata: { name: "op-1" }, spec: { containers: [{ name: "operator" }] }, status: {} };
  const lease = { metadata: { namespace: "retriever-system", name: "operator" }, spec: { holderIdentity: "op-1" } };
  const { run, written } = arrange({
    [paths.operatorPods]: [pod],
    "/apis/coordination.k8s.io/v1/leases": [lease],
    "/version": { gitVersion: "v1.32.0" },
  });
  expect(await run()).toBe(0);
  const found = await unpack(written[0]?.bytes ?? new Uint8Array());
  expect(Object.keys(found)).toContain("operators/retriever-system/op-1/operator.log");
});

test("no name leads out of the archive's folder", async () => {
  const { run, written } = arrange({}, "..%2F..");
  await run();
  const names = Object.keys(await unpack(written[0]?.bytes ?? new Uint8Array()));
  expect(names.length).toBeGreaterThan(2);
  expect(names.filter((path) => /(^|\/)\.*(\/|$)/.test(path))).toEqual([]);
});

test("where nobody answers, an archive that says so is written, and the command fails", async () => {
  const down = () => Promise.reject(new OperatorError("ROP_API_UNAVAILABLE", "nobody answers"));
  const terminal = makeFakeTerminal();
  const written: string[] = [];
  const files = {
    read: async () => "",
    write: async () => undefined,
    create: async (path: string) => void written.push(path),
  };
  const client = { listEvents: down, listMigrations: down };
  const { around } = makeFakeSurroundings({ request: down, client, terminal, files });
  expect(await runCli(["support-bundle", "docs", "-n", "search"], around)).toBe(1);
  expect(written).toHaveLength(1);
  expect(terminal.warned.join("\n")).toContain(
    "not in it: versions.json: the API server cannot be reached or is overloaded: nobody answers",
  );
});

test("an archive that is there already is not written over", async () => {
  const { around } = makeFakeSurroundings({
    request: makeFakeRequest(objects),
    client: { listEvents: async () => [] },
    terminal: makeFakeTerminal(),
    files: {
      read: async () => "",
      write: async () => undefined,
      create: () => Promise.reject(Object.assign(new Error("there"), { code: "EEXIST" })),
    },
  });
  expect(await runCli(["support-bundle", "docs", "-O", "mine.tar.gz"], around)).toBe(1);
  expect((around.terminal as ReturnType<typeof makeFakeTerminal>).warned).toContain(
    "can't write mine.tar.gz: there is one already",
  );
});

test("a bundle of a name that there isn't is written, tells which was probably meant, and exits with 1", async () => {
  const migrations = `/apis/retriever.dev/v1alpha1/retrievermigrations`;
  const { run, written, warned } = arrange({ [migrations]: [migration] }, "dosc");
  expect(await run()).toBe(1);
  expect(written).toHaveLength(1);
  expect(warned.join("\n")).toMatch(/not in it: migrations\/search\/dosc\/migration\.json: .+; did you mean docs\?/);
});
