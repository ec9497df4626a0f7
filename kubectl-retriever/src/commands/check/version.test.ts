import { migrationActKind, migrationKind, migrationPolicyKind } from "@retriever/crds/manifest/kinds.ts";
import { toCrd } from "@retriever/crds/manifest/to-crd.ts";
import { describe, expect, test } from "vitest";
import { clientVersion } from "#client-version.ts";
import { runCli } from "#program.ts";
import { makeFakeRequest } from "#test/fake-request.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { imageVersion } from "./versions.ts";

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const leasesPath = "/apis/coordination.k8s.io/v1/leases";
const definitions = Object.fromEntries(
  [migrationKind, migrationActKind, migrationPolicyKind].map((kind) => [
    `${definitionsPath}/${kind.names.plural}.${kind.group}`,
    toCrd(kind),
  ]),
);

function aLease(version: string, renewTime: string) {
  return {
    metadata: { namespace: "ops", name: "operator", annotations: { "retriever.dev/version": version } },
    spec: { holderIdentity: "operator-0_ab", renewTime, leaseDurationSeconds: 15 },
  };
}

function aPod(name: string, image: string, running?: string) {
  return {
    metadata: { namespace: "search", name },
    spec: {
      containers: [
        { name: "app", image: "app:9" },
        { name: "retriever-sidecar", image },
      ],
    },
    status: running === undefined ? {} : { containerStatuses: [{ name: "retriever-sidecar", image: running }] },
  };
}

const now = "2026-01-01T00:00:00Z";
const whole = {
  "/version": { gitVersion: "v1.32.0" },
  ...definitions,
  [leasesPath]: [aLease(clientVersion, now)],
  "/api/v1/namespaces/search/pods": [aPod("api-1", `registry/sidecar:${clientVersion}`)],
};

function arrange(answers: Readonly<Record<string, unknown>>) {
  const terminal = makeFakeTerminal();
  const { around } = makeFakeSurroundings({ request: makeFakeRequest(answers), terminal });
  return { run: (line: string) => runCli(line.split(" "), around), ...terminal };
}

describe("version", () => {
  test("of one release everywhere shows each part, and no skew", async () => {
    const { run, printed, warned } = arrange(whole);
    expect(await run("version")).toBe(0);
    expect(printed).toEqual([
      `Client       ${clientVersion}`,
      "API server   v1.32.0",
      "Definitions  the same fields as this program",
      `Operator     ${clientVersion}, operator-0_ab leads (lease ops/operator)`,
      `Sidecars     ${clientVersion}, 1 pod such as search/api-1`,
    ]);
    expect(warned).toEqual([]);
  });

  test("of other releases names each that doesn't fit, and what to do", async () => {
    const old = structuredClone(definitions) as Record<string, ReturnType<typeof toCrd>>;
    const migration = old[`${definitionsPath}/retrievermigrations.retriever.dev`] as unknown as {
      spec: {
        versions: { schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, unknown> } } } } }[];
      };
    };
    const { properties } = migration.spec.versions[0]?.schema.openAPIV3Schema.properties.spec ?? { properties: {} };
    delete properties["guard"];
    properties["novelty"] = { type: "string" };
    const { run, printed, warned } = arrange({
      ...whole,
      ...old,
      [leasesPath]: [aLease("9.0.0", now)],
      "/api/v1/namespaces/search/pods": [
        aPod("api-1", "sidecar:9.0.0", "sidecar:8.0.0"),
        aPod("api-2", "sidecar:9.0.0", "sha256:123"),
        { metadata: { name: "other" }, spec: { containers: [{ name: "app" }] } },
      ],
    });
    expect(await run("version")).toBe(0);
    expect(printed.slice(-2)).toEqual([
      "Sidecars     8.0.0, 1 pod such as search/api-1",
      "             9.0.0, 1 pod such as search/api-2",
    ]);
    expect(warned).toEqual([
      expect.stringContaining("the API server lacks RetrieverMigration.spec.guard: install"),
      expect.stringMatching(
        /knows RetrieverMigration\.spec\.novelty, .*: they go with .* if the cluster's are the newer/,
      ),
      expect.stringContaining(`operator 9.0.0, kubectl-retriever ${clientVersion}`),
      expect.stringContaining("sidecars 8.0.0 (such as search/api-1) beside operator 9.0.0"),
    ]);
  });

  test("of definitions that lack an act names it, though they have every field", async () => {
    const text = JSON.stringify(definitions).replace(/,"RepairDrift"|"RepairDrift",/, "");
    const { run, warned } = arrange({ ...whole, ...(JSON.parse(text) as typeof definitions) });
    expect(await run("version")).toBe(0);
    expect(warned).toEqual([
      "the API server lacks MigrationAct.spec.act=RepairDrift: install the CustomResourceDefinitions of this program's release",
    ]);
  });

  test("of definitions that know more says whose plugin fits", async () => {
    const text = JSON.stringify(definitions).replace('"RepairDrift"', '"RepairDrift","Teleport"');
    const { run, warned } = arrange({ ...whole, ...(JSON.parse(text) as typeof definitions) });
    await run("version");
    expect(warned).toEqual([
      "the API server knows MigrationAct.spec.act=Teleport, which this program doesn't: use the plugin of that release",
    ]);
  });

  test("names a kind that isn't there before any field", async () => {
    const old = structuredClone(definitions) as Record<string, unknown>;
    old[`${definitionsPath}/retrievermigrations.retriever.dev`] = {
      spec: { versions: [{ schema: { openAPIV3Schema: { properties: {} } } }] },
    };
    delete old[`${definitionsPath}/retrievermigrationpolicies.retriever.dev`];
    const gone = { [`${definitionsPath}/retrievermigrationpolicies.retriever.dev`]: undefined };
    const { run, warned } = arrange({ ...whole, ...old, ...gone });
    await run("version");
    expect(warned[0]).toMatch(/^the API server lacks RetrieverMigrationPolicy, RetrieverMigration\.spec\./);
  });

  test("where rights are missing tells which, and shows the rest", async () => {
    const { run, printed } = arrange({ ...whole, [leasesPath]: "ROP_FORBIDDEN", "/api/v1/pods": "ROP_FORBIDDEN" });
    expect(await run("version -A")).toBe(0);
    expect(printed.slice(-2)).toEqual([
      "Operator     not known: needs the right to list leases.coordination.k8s.io",
      "Sidecars     not known: needs the right to list pods",
    ]);
  });

  test("says that nobody leads once the lease is over, and reads only the namespace it is given", async () => {
    const path = "/apis/coordination.k8s.io/v1/namespaces/ops/leases";
    const { run, printed } = arrange({ ...whole, [path]: [aLease("", "2025-12-31T23:50:00Z")] });
    await run("version --operator-namespace ops");
    expect(printed[3]).toBe(
      "Operator     version not told, nobody leads: operator-0_ab fell silent 10m ago (lease ops/operator)",
    );
  });

  test("as JSON holds every part, null where it couldn't be read", async () => {
    const { run, printed } = arrange({ "/version": { gitVersion: "v1.32.0" }, [leasesPath]: "ROP_FORBIDDEN" });
    await run("version -o json");
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      client: { version: clientVersion },
      server: { version: "v1.32.0" },
      definitions: { missing: ["RetrieverMigration", "MigrationAct", "RetrieverMigrationPolicy"], unknown: [] },
      operators: null,
      unreadable: [{ part: "operators" }, { part: "sidecars" }],
    });
  });

  test("of the client needs no cluster, nor does --version; where nobody answers the client's is told all the same", async () => {
    const { run, printed } = arrange({ "/version": "ROP_API_UNAVAILABLE" });
    expect(await run("version --client")).toBe(0);
    expect(await run("--version")).toBe(0);
    expect(await run("version")).toBe(1);
    expect(printed).toEqual([`Client       ${clientVersion}`, clientVersion, `Client       ${clientVersion}`]);
  });

  test("of a server that answers nothing in time isn't known; of one that answers to something, the rest is", async () => {
    const late = Object.fromEntries(Object.keys(whole).map((path) => [path, "ROP_DEADLINE_EXCEEDED"]));
    const silent = arrange(late);
    expect(await silent.run("version")).toBe(124);
    const asData = arrange(late);
    expect(await asData.run("version -o json")).toBe(124);
    expect(JSON.parse(asData.printed.join(""))).toEqual({ client: { version: clientVersion } });
    expect(silent.printed).toEqual([`Client       ${clientVersion}`]);
    const slow = arrange({ ...late, "/version": { gitVersion: "v1.32.0" } });
    expect(await slow.run("version")).toBe(0);
    expect(slow.printed[1]).toBe("API server   v1.32.0");
  });
});

test.each([
  ["registry:5000/a/sidecar:0.1.0", "0.1.0"],
  ["registry:5000/a/sidecar", "latest"],
  ["a/sidecar:0.1.0@sha256:0123456789abcdef0123", "0.1.0"],
  ["a/sidecar@sha256:0123456789abcdef0123", "sha256:0123456789ab"],
])("the image %s is of version %s", (image, version) => {
  expect(imageVersion(image)).toBe(version);
});
