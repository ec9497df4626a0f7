// Where the operator writes what: its log, and apart from it the evidence for whoever ships it elsewhere.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { type EmbeddedApi, startApi } from "#clusters/embedded/api/start-api.ts";
import { eventually } from "#support/eventually.ts";
import { makeKubeClient } from "#support/kube/client.ts";
import { installDefinitions } from "#support/kube/definitions.ts";
import { startOperator } from "#support/world/operator-process.ts";

const manifest = join(import.meta.dirname, "../../../examples/default/migration.yaml");
const namespace = "search";
const core = { group: "", version: "v1" } as const;
const migrations = { group: "retriever.dev", version: "v1alpha1", plural: "retrievermigrations", namespace } as const;

let folder: string;
let api: EmbeddedApi;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evidence-stream-"));
  api = await startApi({ directory: folder });
  const client = makeKubeClient(api.kubeconfigPath("admin"));
  await installDefinitions(client);
  await client.close();
  api.direct({ verb: "create", ...core, plural: "namespaces", body: { metadata: { name: namespace } } });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

/** What an operator writes until the first decision on a new migration is kept. */
async function outputOver(name: string, settings: Readonly<Record<string, string>>) {
  const { spec } = parse(await readFile(manifest, "utf8")) as { readonly spec: object };
  const kind = { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration" };
  api.direct({ verb: "create", ...migrations, body: { ...kind, metadata: { name, namespace }, spec } });
  const env = { RETRIEVER_LEADER_ELECTION: "false", ...settings };
  const operator = await startOperator({ kubeconfig: api.kubeconfigPath("operator"), namespaces: [namespace], env });
  await eventually(`${name} has evidence`, async () => {
    const { items } = api.direct({ verb: "list", ...core, plural: "configmaps", namespace }) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    return items.some(({ metadata }) => metadata.name === `${name}-evidence-001`);
  });
  await operator.stop();
  return operator.output;
}

type Line = { readonly component: string; readonly record?: { readonly seq: number } };
const linesOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

it("an operator that is told to write its evidence has it on the standard error alone, and nothing else there", async () => {
  const output = await outputOver("docs", { RETRIEVER_EVIDENCE_LOG: "true" });
  const evidence = linesOf(output("stderr"));
  expect(evidence[0]?.record?.seq).toBe(1);
  expect(new Set(evidence.map(({ component }) => component))).toEqual(new Set(["evidence"]));
  const components = linesOf(output("stdout")).map(({ component }) => component);
  expect(new Set(components)).toEqual(new Set(["retriever-operator"]));
});

it("an operator that isn't told to writes no evidence to either stream", async () => {
  const output = await outputOver("pages", {});
  expect(output("stderr")).toBe("");
  expect(output("stdout")).not.toContain('"evidence"');
});
