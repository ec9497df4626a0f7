import { expect, test } from "vitest";
import type { KubeClient } from "#kube-client.ts";
import { runCli } from "#program.ts";
import { makeFakeRequest } from "#test/fake-request.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const inSearch = "/namespaces/search";
const path = {
  deployment: `/apis/apps/v1${inSearch}/deployments/search-api`,
  leases: "/apis/coordination.k8s.io/v1/leases",
  bindings: `/apis/rbac.authorization.k8s.io/v1${inSearch}/rolebindings`,
  policies: "/apis/retriever.dev/v1alpha1/retrievermigrationpolicies",
  namespace: "/api/v1/namespaces/search",
  cronJob: (what: string) => `/apis/batch/v1${inSearch}/cronjobs/search-api-retriever-${what}`,
  role: (what: string) => `/apis/rbac.authorization.k8s.io/v1${inSearch}/roles/search-api-retriever-${what}`,
};

type What = "copy" | "sync" | "repair";
const secret = (name: string) => [
  { name: "RETRIEVER_CRED_QDRANT", valueFrom: { secretKeyRef: { name, key: "apiKey" } } },
];

function podsOf(what: What, change: object = {}) {
  const configMap = { name: what === "repair" ? "search-api-retriever-drift" : "search-api-retriever-migration" };
  const volumes = [{ name: "config", projected: { sources: [{ configMap: { name: "base" } }, { configMap }] } }];
  const ports = what === "sync" ? [{ name: "report", containerPort: 7091 }] : [];
  return { containers: [{ name: `retriever-${what}`, env: secret("writer"), ports, ...change }], volumes };
}

/** With a volume whose files lie in a folder of its container: the certificate's, where nothing else is said. */
function withFiles(
  what: What,
  mountPath: string,
  change: object = {},
  source: object = { secret: { secretName: "tls" } },
) {
  const { containers, volumes } = podsOf(what, { volumeMounts: [{ name: "files", mountPath }], ...change });
  return { containers, volumes: [...volumes, { name: "files", ...source }] };
}

function aTemplate(what: What, pods: object = podsOf(what), suspend = true) {
  const spec = { suspend, jobTemplate: { spec: { template: { spec: pods } } } };
  return { metadata: { name: `search-api-retriever-${what}` }, spec };
}

function aRole(what: What) {
  const resourceNames = [`search-api-retriever-${what}`];
  return { rules: [{ apiGroups: ["batch"], resources: ["cronjobs/instantiate"], resourceNames, verbs: ["create"] }] };
}

const aBinding = (what: What, namespace = "ops") => ({
  roleRef: { kind: "Role", name: `search-api-retriever-${what}` },
  subjects: [{ kind: "ServiceAccount", name: "operator", namespace }],
});

const all = ["copy", "sync", "repair"] as const;
const serving = {
  metadata: { name: "search-api", namespace: "search" },
  spec: { replicas: 1, selector: {}, template: { spec: { containers: [{ name: "app", env: secret("reader") }] } } },
};
const equipped: Readonly<Record<string, unknown>> = {
  [path.deployment]: serving,
  [path.leases]: [
    {
      metadata: { namespace: "ops", name: "operator", annotations: { "retriever.dev/version": "0.1.0" } },
      spec: { holderIdentity: "o", renewTime: "2026-01-01T00:00:00Z", leaseDurationSeconds: 15 },
    },
  ],
  [path.bindings]: all.map((what) => aBinding(what)),
  [path.namespace]: { metadata: { name: "search", labels: {} } },
  [path.policies]: [],
  ...Object.fromEntries(
    all.flatMap((what) => [
      [path.cronJob(what), aTemplate(what)],
      [path.role(what), aRole(what)],
    ]),
  ),
};

/** What is said of the Jobs that write, and how it ended. */
async function check(change: object = {}, line = "", client: Partial<KubeClient> = {}) {
  const terminal = makeFakeTerminal();
  const fake: Partial<KubeClient> = { readActIdentityProved: async () => true, mayI: async () => true, ...client };
  const { around } = makeFakeSurroundings({
    client: fake,
    request: makeFakeRequest({ ...equipped, ...change }),
    terminal,
  });
  const code = await runCli(`check --for deployment/search-api -o json${line}`.split(" "), around);
  const { items } = JSON.parse(terminal.printed[0] ?? "{}") as { items: { name: string; state: string }[] };
  const own = items.filter(({ name }) => /^(copy|sync|repair|policies|identity)/.test(name));
  return { code, own, missing: own.filter(({ state }) => state === "missing") };
}

test("what a copy, a sync and a repair of drift need is checked where their CronJobs are, or they are asked for", async () => {
  const { own } = await check();
  expect(own.map(({ name, state }) => `${name}: ${state}`)).toEqual([
    ...all.flatMap((what) => [`${what}: ok`, `${what} secret: ok`, `${what} grant: ok`]),
    "policies: ok",
    "identity: ok",
  ]);
  const none = Object.fromEntries(all.map((what) => [path.cronJob(what), undefined]));
  expect((await check(none)).own).toEqual([]);
  const asked = await check(none, " --data copy --data sync --data repair");
  expect(asked.code).toBe(2);
  expect(asked.missing.map(({ name }) => name)).toEqual([...all]);
});

const notTheirs = (what: What) => ({ [path.cronJob(what)]: aTemplate(what, podsOf(what, { env: secret("reader") })) });

test.each<[string, object, string, RegExp]>([
  [
    "the CronJob isn't suspended",
    { [path.cronJob("copy")]: aTemplate("copy", podsOf("copy"), false) },
    "copy",
    /suspend: true/,
  ],
  [
    "it has another container",
    { [path.cronJob("sync")]: aTemplate("sync", podsOf("sync", { name: "x" })) },
    "sync",
    /retriever-sidecar.sync/,
  ],
  [
    "it doesn't mount the overlay",
    { [path.cronJob("copy")]: aTemplate("copy", { ...podsOf("copy"), volumes: [] }) },
    "copy",
    /search-api-retriever-migration/,
  ],
  [
    "it doesn't mount the drift",
    { [path.cronJob("repair")]: aTemplate("repair", { ...podsOf("repair"), volumes: [] }) },
    "repair",
    /search-api-retriever-drift/,
  ],
  [
    "a sync serves nothing",
    { [path.cronJob("sync")]: aTemplate("sync", podsOf("sync", { ports: [] })) },
    "sync",
    /port report/,
  ],
  [
    "a sync removes without leave",
    { [path.cronJob("sync")]: aTemplate("sync", podsOf("sync", { args: ["sync", "--delete-extra"] })) },
    "sync",
    /--removals-need-leave/,
  ],
  [
    "it has no credential",
    { [path.cronJob("copy")]: aTemplate("copy", podsOf("copy", { env: [] })) },
    "copy secret",
    /copy.credentialsSecret/,
  ],
  [
    "it has a certificate and no credential",
    { [path.cronJob("sync")]: aTemplate("sync", withFiles("sync", "/etc/retriever/admin-tls", { env: [] })) },
    "sync secret",
    /sync.credentialsSecret/,
  ],
  ["the serving pods have its credential", notTheirs("repair"), "repair secret", /reader.*serving pods.*may read only/],
  ["no Role lets the operator use it", { [path.role("copy")]: { rules: [] } }, "copy grant", /cronjobs\/instantiate/],
  [
    "the Role is bound to another namespace's account",
    { [path.bindings]: [aBinding("copy", "else"), aBinding("sync"), aBinding("repair")] },
    "copy grant",
    /operator.serviceAccount/,
  ],
  [
    "a policy forbids writing",
    { [path.policies]: [{ metadata: { name: "careful" }, spec: { namespaceSelector: {} } }] },
    "policies",
    /careful.*storeWrites: Allow/,
  ],
])("refuses where %s, with what to do", async (_, change, name, words) => {
  const { code, missing } = await check(change);
  expect(code).toBe(2);
  expect(missing).toMatchObject([{ name }]);
  expect(JSON.stringify(missing)).toMatch(words);
});

test.each([
  ["User", "system:serviceaccount:ops:operator", "ok"],
  ["User", "system:serviceaccount:else:operator", "missing"],
  ["User", "system:serviceaccount", "missing"],
  ["User", "jane", "missing"],
  ["Group", "system:serviceaccounts:ops", "ok"],
  ["Group", "system:serviceaccounts:else", "missing"],
  ["Group", "system:serviceaccounts", "ok"],
  ["Group", "system:authenticated", "ok"],
  ["Group", "system:masters", "missing"],
])("a Role that is bound to the %s %s: %s", async (kind, name, state) => {
  const bindings = [{ ...aBinding("copy"), subjects: [{ kind, name }] }, aBinding("sync"), aBinding("repair")];
  const { own } = await check({ [path.bindings]: bindings });
  expect(own.find((each) => each.name === "copy grant")).toMatchObject({ state });
});

const served = (what: What, pods: object) => ({
  [path.cronJob(what)]: aTemplate(what, pods),
  [path.deployment]: {
    ...serving,
    spec: {
      ...serving.spec,
      template: {
        spec: {
          ...withFiles("sync", "/etc/retriever/admin-tls"),
          containers: [{ name: "app", env: secret("reader") }],
        },
      },
    },
  },
});

test.each<[string, What, object, string]>([
  [
    "the certificate that the serving pods have, too",
    "sync",
    withFiles("sync", "/etc/retriever/admin-tls"),
    "Secret writer",
  ],
  [
    "files of a Secret of its own",
    "copy",
    withFiles("copy", "/etc/retriever/credentials", { env: [] }, { secret: { secretName: "files" } }),
    "Secret files",
  ],
  [
    "the serving pods' credential for the store that it only reads",
    "copy",
    podsOf("copy", { env: [...secret("reader"), ...secret("writer")] }),
    "Secret writer; Secret reader is the serving pods' as well, and may read only",
  ],
])("a Job may have %s", async (_, what, pods, words) => {
  const { own, missing } = await check(served(what, pods));
  expect(missing).toEqual([]);
  expect(own).toContainEqual({ name: `${what} secret`, state: "ok", message: words });
});

test("credentials that no Secret brings are unknown and not missing", async () => {
  const csi = withFiles(
    "copy",
    "/etc/retriever/credentials",
    { env: [] },
    { csi: { driver: "secrets-store.csi.k8s.io" } },
  );
  const { own, missing } = await check(served("copy", csi));
  expect(missing).toEqual([]);
  expect(own).toContainEqual({
    name: "copy secret",
    state: "unknown",
    message: "nobody knows whose the credentials in volume files are",
  });
});

test("an operator that trusts whoever writes an act is asked for no proof", async () => {
  const unproved = { readActIdentityProved: async () => false };
  const { own } = await check({}, " --act-identity trusted", unproved);
  expect(own.at(-1)).toMatchObject({ name: "identity", state: "ok" });
});

test("refuses where nothing proves who approves", async () => {
  const { missing } = await check({}, "", { readActIdentityProved: async () => false });
  expect(missing).toMatchObject([{ name: "identity", remedy: expect.stringContaining("admissionPolicies.create") }]);
});

test("what may not be read is unknown and not missing", async () => {
  const { own, missing } = await check({ [path.bindings]: "ROP_FORBIDDEN", [path.policies]: "ROP_FORBIDDEN" });
  expect(missing).toEqual([]);
  const unknown = own.filter(({ state }) => state === "unknown").map(({ name }) => name);
  expect(unknown).toEqual([...all.map((what) => `${what} grant`), "policies"]);
});

test.each([
  ["check --for deployment/search-api --data repairs", "expected one of copy, sync, repair"],
  ["check --data copy", "expected --for"],
  ["check --for deployment/search-api --leader-within 1m", "'--leader-within <time>'"],
])("refuses %s", async (line, words) => {
  const terminal = makeFakeTerminal();
  const { around } = makeFakeSurroundings({ client: {}, request: makeFakeRequest({}), terminal });
  expect(await runCli(line.split(" "), around)).toBe(1);
  expect(terminal.warned.join("\n")).toContain(words);
});
