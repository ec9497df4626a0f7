import { OperatorError } from "@retriever/operator/errors.ts";
import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import type { KubeClient } from "#kube-client.ts";
import { runCli } from "#program.ts";
import { makeFakeRequest } from "#test/fake-request.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const leases = "/apis/coordination.k8s.io/v1/leases";
const aLease = {
  metadata: { namespace: "ops", name: "operator", annotations: { "retriever.dev/version": "0.1.0" } },
  spec: { holderIdentity: "operator-0_ab", renewTime: "2026-01-01T00:00:00Z", leaseDurationSeconds: 15 },
};

function arrange(answers: Readonly<Record<string, unknown>> = {}, client: Partial<KubeClient> = {}) {
  const terminal = makeFakeTerminal();
  const asked: (string | undefined)[] = [];
  const guarding = aRawMigration(aStatus({ phase: "Guard", epoch: 4 }));
  const fake: Partial<KubeClient> = {
    listMigrations: async (namespace) => {
      asked.push(namespace);
      return [guarding, aRawMigration(aStatus({ phase: "Pending" }))];
    },
    readActIdentityProved: async () => true,
    mayI: async () => true,
    ...client,
  };
  const request = makeFakeRequest({
    "/version": { gitVersion: "v1.32.0" },
    "/api/v1/pods": [],
    [leases]: [aLease],
    ...answers,
  });
  const { around, clock } = makeFakeSurroundings({ client: fake, request, terminal });
  return { run: (line: string) => runCli(line.split(" "), around), asked, clock, ...terminal };
}

/** The definitions are forbidden, so that they hold nothing up. */
const unread: Readonly<Record<string, unknown>> = Object.fromEntries(
  ["retrievermigrations", "migrationacts", "retrievermigrationpolicies"].map((plural) => [
    `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.retriever.dev`,
    "ROP_FORBIDDEN",
  ]),
);

describe("check", () => {
  test("shows cluster, versions, leader, migrations, and whether approvals count", async () => {
    const { run, printed } = arrange(unread);
    expect(await run("check")).toBe(0);
    expect(printed.join("\n")).toMatchInlineSnapshot(`
      "Cluster      prod-eu (https://api)
      API server   v1.32.0
      Definitions  not known: needs the right to get customresourcedefinitions.apiextensions.k8s.io
      Operator     0.1.0, operator-0_ab leads (lease ops/operator)
      Sidecars     none found
      2 migrations in all namespaces, 1 under way
        search/docs-to-qdrant: Guard
      approvals count: retriever-act-identity is in force"
    `);
  });

  test("on a cluster where nothing is installed says all that is missing, and exits with 2", async () => {
    const listMigrations = () => Promise.reject(new OperatorError("ROP_NOT_FOUND", "list"));
    const { run, printed, warned } = arrange({ ...unread, [leases]: [] }, { listMigrations });
    expect(await run("check")).toBe(2);
    expect(printed).toContain("retrievermigrations are not served: nothing is under way");
    expect(warned).toContain("refused: definitions are missing: install the chart");
    expect(warned.join("\n")).toContain("refused: no operator leads");
  });

  test("waits as long as it is told for an operator that begins to lead, and no longer", async () => {
    const listed = [{ ...aLease, spec: {} }];
    const first = arrange({ ...unread, [leases]: listed });
    const waited = first.run("check --leader-within 1m");
    await first.clock.advance(5000);
    listed[0] = aLease;
    await first.clock.advance(2000);
    expect(await waited).toBe(0);
    const second = arrange({ ...unread, [leases]: [{ ...aLease, spec: {} }] });
    const inVain = second.run("check --leader-within 10s");
    await second.clock.advance(11_000);
    expect(await inVain).toBe(2);
  });

  test.each([
    [
      "nothing proves who acts",
      unread,
      { readActIdentityProved: async () => false },
      /approvals don't count.*set settings/,
    ],
    ["no operator has a lease", { ...unread, [leases]: [] }, {}, /no operator leads: none has a lease; install/],
    ["the leader fell silent", { ...unread, [leases]: [{ ...aLease, spec: {} }] }, {}, /no operator leads: look at/],
    ["definitions are missing", {}, {}, /the API server lacks RetrieverMigration, .*: install/],
  ])("refuses with its remedy where %s", async (_, answers, client, words) => {
    const { run, warned } = arrange(answers, client);
    expect(await run("check")).toBe(2);
    expect(warned.join("\n")).toMatch(words);
  });

  test("passes where the operator is set to trust who acts", async () => {
    const { run } = arrange(unread, { readActIdentityProved: async () => false });
    expect(await run("check --act-identity trusted")).toBe(0);
  });

  test("lists the namespaces it is given, and counts a single migration as one", async () => {
    const { run, asked, printed } = arrange(unread, {
      listMigrations: async (namespace) => (
        asked.push(namespace), namespace === "shop" ? [aRawMigration(aStatus())] : []
      ),
    });
    await run("check --in search --in shop");
    expect(asked).toEqual(["search", "shop"]);
    expect(printed).toContain("1 migration in search, shop, 0 under way");
  });

  test("as JSON holds the same, with its faults", async () => {
    const { run, printed } = arrange({ ...unread, [leases]: [] });
    expect(await run("check -o json")).toBe(2);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      cluster: "https://api",
      operators: [],
      approvalsCount: true,
      faults: [expect.stringContaining("no operator leads")],
    });
  });
});

const inSearch = "/namespaces/search";
const paths = {
  deployment: `/apis/apps/v1${inSearch}/deployments/search-api`,
  pods: `/api/v1${inSearch}/pods`,
  base: `/api/v1${inSearch}/configmaps/search-base`,
  verifier: `/apis/batch/v1${inSearch}/cronjobs/search-api-retriever-verify`,
  migrations: `/apis/retriever.dev/v1alpha1${inSearch}/retrievermigrations`,
};

const sidecar = {
  name: "retriever-sidecar",
  args: ["serve", "--config", "/etc/retriever/config"],
  env: [{ name: "RETRIEVER_ALLOWED_HOSTS", value: "qdrant.search.svc:6333" }],
  ports: [{ name: "admin", containerPort: 7090 }],
  volumeMounts: [{ name: "config", mountPath: "/etc/retriever/config" }],
};
const overlaySource = { configMap: { name: "search-api-retriever-migration", optional: true } };

function aDeployment(containers: readonly unknown[], sources: readonly unknown[]) {
  const volumes = [{ name: "config", projected: { sources } }];
  const spec = {
    replicas: 1,
    selector: { matchLabels: { app: "search" } },
    template: { spec: { containers, volumes } },
  };
  return { metadata: { name: "search-api", namespace: "search", uid: "d" }, spec };
}

const base = { primary: { kind: "qdrant", url: "http://qdrant.search.svc:6333", collection: "docs" } };
const equipped = {
  ...unread,
  [paths.deployment]: aDeployment([{ name: "app" }, sidecar], [{ configMap: { name: "search-base" } }, overlaySource]),
  [paths.pods]: [
    {
      metadata: { name: "p" },
      spec: { containers: [sidecar] },
      status: {
        podIP: "10.0.0.1",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [{ name: "retriever-sidecar", state: { running: {} } }],
      },
    },
  ],
  [paths.base]: { metadata: { name: "search-base" }, data: { "retriever.json": JSON.stringify(base) } },
  [paths.verifier]: {
    metadata: { name: "search-api-retriever-verify" },
    spec: {
      suspend: true,
      jobTemplate: { spec: { template: { spec: { containers: [{ name: "retriever-verify" }] } } } },
    },
  },
  [paths.migrations]: [],
};

const aRival = {
  metadata: { name: "other", uid: "o" },
  spec: { target: { name: "search-api" } },
  status: { phase: "Ramp", planHash: "a" },
};

describe("check --for", () => {
  test("passes a workload that has all of it", async () => {
    const { run, printed } = arrange(equipped);
    expect(await run("check --for deployment/search-api")).toBe(0);
    expect(printed.filter((line) => !line.startsWith("ok "))).toEqual([
      "deployment/search-api in search: nothing missing for a migration",
    ]);
    expect(printed).toHaveLength(10);
  });

  test("of an ordinary Deployment says all that is missing at once, each with its remedy", async () => {
    const { run, printed } = arrange({
      ...equipped,
      [paths.deployment]: aDeployment([{ name: "app" }], []),
      [paths.verifier]: undefined,
    });
    expect(await run("check --for deploy/search-api")).toBe(2);
    const missing = printed.flatMap((line, index) => (line.startsWith("missing") ? [[line, printed[index + 1]]] : []));
    expect(missing).toEqual([
      [expect.stringContaining("no container named retriever-sidecar"), expect.stringContaining("library chart")],
      [
        expect.stringContaining("search-api-retriever-migration isn't projected"),
        expect.stringContaining("optional: true"),
      ],
      [expect.stringContaining("no ConfigMap with retriever.json"), expect.stringContaining("names the store")],
      [expect.stringContaining("no CronJob search-api-retriever-verify"), expect.stringContaining("parity")],
    ]);
    expect(printed.at(-1)).toBe("deployment/search-api in search: 4 things missing for a migration");
  });

  test.each([
    ["there is no such Deployment", { [paths.deployment]: undefined }, /missing +workload +there is no Deployment/],
    [
      "it is scaled to 0",
      { [paths.deployment]: { ...aDeployment([sidecar], []), spec: { replicas: 0 } } },
      /scaled to 0/,
    ],
    ["no pod is ready", { [paths.pods]: [] }, /missing +pods +0 of 1 pod ready/],
    [
      "the base has a fault",
      { [paths.base]: { metadata: { name: "search-base" }, data: { "retriever.json": "{}" } } },
      /missing +base .*primary/,
    ],
    [
      "no destination may be connected to",
      {
        [paths.deployment]: aDeployment(
          [{ ...sidecar, env: [] }],
          [{ configMap: { name: "search-base" } }, overlaySource],
        ),
      },
      /missing +hosts +the sidecar has no RETRIEVER_ALLOWED_HOSTS/,
    ],
    [
      "a host is written with a password, which isn't shown",
      {
        [paths.deployment]: aDeployment(
          [{ ...sidecar, env: [{ name: "RETRIEVER_ALLOWED_HOSTS", value: "q.example,me:hunter2@db.example" }] }],
          [{ configMap: { name: "search-base" } }, overlaySource],
        ),
      },
      /missing +hosts +entry 2 of RETRIEVER_ALLOWED_HOSTS isn't one(?![\s\S]*hunter2)/,
    ],
    ["the verifier isn't suspended", { [paths.verifier]: { metadata: { name: "v" }, spec: {} } }, /isn't suspended/],
    ["another migration has it", { [paths.migrations]: [aRival] }, /missing +target +migration other has it \(Ramp\)/],
    ["the API isn't served", { [paths.migrations]: undefined }, /missing +definitions/],
    ["nobody leads", { [leases]: [] }, /missing +operator +no operator leads/],
  ])("refuses where %s", async (_, answers, words) => {
    const { run, printed } = arrange({ ...equipped, ...answers });
    expect(await run("check --for deployment/search-api")).toBe(2);
    expect(printed.join("\n")).toMatch(words);
  });

  test("refuses who may not create a migration, and names the role", async () => {
    const { run, printed } = arrange(equipped, { mayI: async () => false });
    expect(await run("check --for deployment/search-api")).toBe(2);
    expect(printed.join("\n")).toContain("retriever-author");
  });

  test("passes where a part may not be read, and says which; but not where the workload itself may not", async () => {
    const { run, printed } = arrange({ ...equipped, [leases]: "ROP_FORBIDDEN" });
    expect(await run("check --for deployment/search-api -o json")).toBe(0);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      ready: true,
      items: expect.arrayContaining([expect.objectContaining({ name: "operator", state: "unknown" })]),
    });
    const blind = arrange({ ...equipped, [paths.deployment]: "ROP_FORBIDDEN" });
    expect(await blind.run("check --for deployment/search-api")).toBe(2);
    expect(blind.printed[0]).toContain("needs the right to get deployments.apps");
  });

  test.each(["statefulset/search", "search-api", "deployment/"])("refuses %s, which is no Deployment", async (word) => {
    const { run, warned } = arrange(equipped);
    expect(await run(`check --for ${word}`)).toBe(1);
    expect(warned.join("\n")).toContain("expected deployment/NAME");
  });
});
