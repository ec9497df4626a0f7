// A third kind of store is one folder and one line: a copy of the tree gets both, and its schemas are made from it.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument, type YAMLMap } from "yaml";
import { runCommand } from "./run-command.ts";

const root = join(import.meta.dirname, "..");
const workspaces = { stores: "stores", crds: "crds", sidecar: "retriever-sidecar" };
let tree: string;

async function run(...args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand([process.execPath, ...args], { cwd: tree, deadlineSeconds: 60 });
  if (code !== 0) throw new Error(output);
  return output;
}

type AdapterSchema = {
  readonly oneOf: readonly { readonly properties: { readonly kind: { readonly const: string } } }[];
};

/** The kinds that the JSON Schema of an adapter admits. */
function kindsIn({ oneOf }: AdapterSchema): string[] {
  return oneOf.map(({ properties }) => properties.kind.const);
}

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "third-kind-"));
  const packages = readdirSync(join(root, "node_modules")).filter((name) => name !== "@retriever");
  mkdirSync(join(tree, "node_modules/@retriever"), { recursive: true });
  for (const name of packages) symlinkSync(join(root, "node_modules", name), join(tree, "node_modules", name));
  for (const [name, folder] of Object.entries(workspaces)) {
    for (const part of ["package.json", "src"]) {
      cpSync(join(root, folder, part), join(tree, folder, part), { recursive: true });
    }
    symlinkSync(join(tree, folder), join(tree, "node_modules/@retriever", name));
  }
  cpSync(join(root, "crds/generate.ts"), join(tree, "crds/generate.ts"));

  // The folder.
  cpSync(join(root, "stores/test/memory-adapter"), join(tree, "stores/src/memory"), { recursive: true });
  // The line, and its import.
  const list = join(tree, "stores/src/kinds.ts");
  const text = readFileSync(list, "utf8").replace("qdrantKind]", "qdrantKind, makeMemoryKind({})]");
  writeFileSync(list, `import { makeMemoryKind } from "#memory/memory-adapter.ts";\n${text}`);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe("a third kind of store", () => {
  it("can be named by a RetrieverMigration", async () => {
    await run("crds/generate.ts");
    const path = join(tree, "crds/manifests/retriever.dev_retrievermigrations.yaml");
    const schema = [
      "spec",
      "versions",
      0,
      "schema",
      "openAPIV3Schema",
      "properties",
      "spec",
      "properties",
      "destination",
    ];
    const destination = parseDocument(readFileSync(path, "utf8")).getIn(schema) as YAMLMap;
    expect(destination.toJSON()).toMatchObject({
      properties: { kind: { enum: ["pgvector", "qdrant", "memory"] }, store: { type: "string" } },
    });
  });

  it("is in the contract's schemas of base and overlay", async () => {
    const script = `
      import { contractDocuments } from "@retriever/sidecar/contract/documents.ts";
      const base = contractDocuments["retriever-config.schema.json"]();
      const overlay = contractDocuments["retriever-overlay.schema.json"]();
      console.log(JSON.stringify([base.properties.primary, overlay.properties.destination]));`;
    writeFileSync(join(tree, "crds/print.ts"), script);
    const [primary, destination] = JSON.parse(await run("crds/print.ts")) as [AdapterSchema, AdapterSchema];
    expect(kindsIn(primary)).toEqual(["pgvector", "qdrant", "memory"]);
    expect(kindsIn(destination)).toEqual(["pgvector", "qdrant", "memory"]);
  });

  it("is what a sidecar takes from its configuration", async () => {
    writeFileSync(join(tree, "retriever.json"), JSON.stringify({ primary: { kind: "memory", store: "chunks" } }));
    const output = await run("retriever-sidecar/src/main.ts", "check-config", "retriever.json");
    expect(output).toContain("valid base, primary memory");
  });
});
