import fc from "fast-check";
import { expect, test } from "vitest";
import { readDocuments } from "#files/documents.ts";
import { runCli } from "#program.ts";
import { makeFakeRequest } from "#test/fake-request.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { checkDocument } from "../offline/check-document.ts";

const secret = "CANARY-s3cret";
const bases = {
  qdrant: { primary: { kind: "qdrant", url: "http://qdrant.search.svc:6333", collection: "docs", apiKey: secret } },
  pgvector: { primary: { kind: "pgvector", connectionString: `postgres://u:${secret}@pg/search`, table: "docs" } },
};

type Given = { readonly name?: string; readonly namespace?: string; readonly text?: string; readonly more?: object };

function arrange({ name = "search-api", namespace = "search", text = JSON.stringify(bases.qdrant), more = {} }: Given) {
  const inNamespace = `/namespaces/${namespace}`;
  const sidecar = {
    name: "retriever-sidecar",
    args: ["--config", "/c"],
    volumeMounts: [{ name: "config", mountPath: "/c" }],
  };
  const volumes = [{ name: "config", configMap: { name: "base" } }];
  const terminal = makeFakeTerminal();
  const request = makeFakeRequest({
    [`/apis/apps/v1${inNamespace}/deployments/${name}`]: {
      metadata: { name },
      spec: { template: { spec: { containers: [sidecar], volumes } } },
    },
    [`/api/v1${inNamespace}/configmaps/base`]: { metadata: { name: "base" }, data: { "retriever.yaml": text } },
    ...more,
  });
  const { around } = makeFakeSurroundings({ request, terminal });
  const run = (...words: readonly string[]) =>
    runCli(["init", `deployment/${name}`, "-n", namespace, ...words], around);
  return { run, ...terminal };
}

function checked(text: string) {
  const [document] = readDocuments(text).documents;
  return document === undefined ? undefined : checkDocument(document);
}

test.each([
  ["qdrant", "pgvector"],
  ["pgvector", "qdrant"],
] as const)(
  "init of a workload that %s serves moves it to %s, passes lint, and holds no secret of the base",
  async (from, to) => {
    const { run, printed } = arrange({ text: JSON.stringify(bases[from]) });
    expect(await run()).toBe(0);
    const text = printed.join("\n");
    expect(checked(text)).toMatchObject({
      ok: true,
      checked: {
        named: { name: `search-api-to-${to}` },
        spec: { target: { name: "search-api" }, destination: { kind: to } },
      },
    });
    expect(text).toContain(`from ${from} (docs)`);
    expect(text).not.toContain(secret);
  },
);

test("init asks for parity where there is something to compare the stores with, and says so where there isn't", async () => {
  const without = arrange({});
  await without.run("--to", "qdrant");
  expect(without.printed[0]).toContain("parity: { policy: Skip }");
  expect(without.warned).toEqual([expect.stringMatching(/^parity is skipped: there is no CronJob search-api-retriev/)]);
  const cronJob = "/apis/batch/v1/namespaces/search/cronjobs/search-api-retriever-verify";
  const compared = arrange({ more: { [cronJob]: { metadata: { name: "v" } } } });
  await compared.run();
  expect(compared.printed[0]).not.toContain("parity");
  expect(compared.warned).toEqual([]);
  const unknown = arrange({ more: { [cronJob]: "ROP_FORBIDDEN" } });
  await unknown.run();
  expect(unknown.printed[0]).not.toContain("parity");
  expect(unknown.warned).toEqual([expect.stringMatching(/^parity is asked for, and whether there is a CronJob/)]);
});

test.each([["not: [yaml"], ["{}"], ["primary: { kind: redis }"]])(
  "init of a workload whose base is %j is refused, and says what finds the fault",
  async (text) => {
    const { run, printed, warned } = arrange({ text });
    expect(await run()).toBe(2);
    expect([printed, warned]).toEqual([[], [expect.stringContaining("check --for deployment/search-api -n search")]]);
  },
);

const deployments = "/apis/apps/v1/namespaces/search/deployments";

test.each([
  ["where none is alike", [{ metadata: { name: "billing" } }], /namespace search$/],
  ["and names the one that was meant", [{ metadata: { name: "search-apis" } }], /did you mean search-apis\?$/],
  ["where they may not be listed", "ROP_FORBIDDEN", /namespace search$/],
])("init of a workload that isn't there says so, %s", async (_, listed, words) => {
  const { run, warned } = arrange({ more: { [`${deployments}/search-api`]: undefined, [deployments]: listed } });
  expect(await run()).toBe(1);
  expect(warned[0]).toMatch(/no Deployment search-api in namespace search/);
  expect(warned[0]).toMatch(words);
});

test("whatever the workload and its namespace are called, the manifest is for exactly them", async () => {
  const label = fc.oneof(
    fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/),
    fc.constantFrom("123", "true", "null", "on", "1e3", "0x1f", "no", "y"),
  );
  await fc.assert(
    fc.asyncProperty(label, label, async (name, namespace) => {
      const { run, printed } = arrange({ name, namespace });
      expect(await run()).toBe(0);
      expect(checked(printed.join("\n"))).toMatchObject({
        ok: true,
        checked: { named: { namespace }, spec: { target: { name } } },
      });
    }),
    { numRuns: 60 },
  );
});
