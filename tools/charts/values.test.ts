// The charts' values: what values.yaml says is what the schema takes, and nothing else.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeSettings } from "../../operator/src/config.ts";
import { renderChartReadme } from "./chart-readme.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

type Schema = {
  readonly type?: string;
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
};
type Values = Readonly<Record<string, unknown>>;

const charts = ["retriever-migration-operator", "retriever-sidecar"].map((chart) => {
  const schema = JSON.parse(read(`charts/${chart}/values.schema.json`)) as Schema;
  return { chart, schema, values: parse(read(`charts/${chart}/values.yaml`)) as Values };
});

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Paths that only one of the two has, where the schema names its properties. */
function differences(schema: Schema, value: unknown, at = ""): string[] {
  const { properties } = schema;
  if (properties === undefined || !isObject(value)) return [];
  const unsaid = Object.keys(properties).filter((key) => !(key in value) && key !== "global" && key !== "claims");
  const unknown = Object.keys(value).filter((key) => !(key in properties));
  const below = Object.entries(properties).flatMap(([key, child]) => differences(child, value[key], `${at}/${key}`));
  return [...unsaid.map((key) => `values.yaml lacks ${at}/${key}`), ...unknown.map((key) => `${at}/${key}`), ...below];
}

/** Objects that name their properties and take others all the same. */
function openObjects(schema: Schema, at = ""): string[] {
  const { properties = {}, additionalProperties } = schema;
  const isOpen = schema.properties !== undefined && additionalProperties !== false;
  const below = Object.entries(properties).flatMap(([key, child]) => openObjects(child, `${at}/${key}`));
  return [...(isOpen ? [at === "" ? "/" : at] : []), ...below];
}

describe.each(charts)("the values of $chart", ({ schema, values }) => {
  const validate = new Ajv({ allErrors: true }).compile(schema);

  it("are taken as they come", () => {
    validate(values);
    expect(validate.errors ?? []).toEqual([]);
  });

  it("have one entry in values.yaml for each in the schema", () => {
    expect(differences(schema, values)).toEqual([]);
  });

  it("are refused where a key is misspelt, at any depth", () => {
    expect(openObjects(schema)).toEqual([]);
    const misspelt = Object.entries(values).flatMap(([key, value]) => {
      const isClosed = isObject(value) && schema.properties?.[key]?.properties !== undefined;
      return [
        { ...values, [`${key}x`]: value },
        ...(isClosed ? [{ ...values, [key]: { ...value, misspelt: 1 } }] : []),
      ];
    });
    expect(misspelt.length).toBeGreaterThan(Object.keys(values).length);
    expect(misspelt.filter((wrong) => validate(wrong))).toEqual([]);
  });
});

it("the chart tells Artifact Hub of every definition that it brings", () => {
  const { annotations } = parse(read("charts/retriever-migration-operator/Chart.yaml")) as Values;
  const told = parse(String((annotations as Values)["artifacthub.io/crds"])) as Values[];
  const brought = globSync("crds/manifests/*.yaml", { cwd: root }).map((file) => {
    const { metadata, spec } = parse(read(file)) as {
      metadata: { name: string };
      spec: { names: { kind: string }; versions: { name: string }[] };
    };
    return { kind: spec.names.kind, version: spec.versions[0]?.name, name: metadata.name };
  });
  const byName = (one: Values, other: Values) => String(one["name"]).localeCompare(String(other["name"]));
  expect(told.map(({ kind, version, name }) => ({ kind, version, name })).toSorted(byName)).toEqual(
    brought.toSorted(byName),
  );
});

it("a chart's README has a row for each value, with its default and the comment above it", () => {
  const values = '# About the file.\n\n# First | of all.\none: [a]\ngroup:\n  # Inner.\n  two: ""\n  three: 3\n';
  const text = renderChartReadme({ name: "n", description: "d", introduction: "i", values });
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows).toEqual([
    '| `one` | `["a"]` | First \\| of all. |',
    '| `group.two` | `""` | Inner. |',
    "| `group.three` | `3` |  |",
  ]);
});

describe("values", () => {
  it.each([
    ["replicas", 0],
    ["replicas", "2"],
    ["namespaces", ["Search"]],
    ["image", { repository: "r", digest: "sha256:abc" }],
    ["settings", { actIdentity: "yes" }],
    ["prometheusRule", { runbookUrl: "docs" }],
    ["admissionPolicies", { breakGlassGroup: "it's" }],
  ])("with %s %j are refused", (key, value) => {
    const [operator] = charts;
    expect(new Ajv().compile(operator?.schema ?? {})({ [key]: value })).toBe(false);
  });

  it("of the stored renderings and of the example are taken", () => {
    const [operator, sidecar] = charts.map(({ schema }) => new Ajv().compile(schema));
    const own = globSync("charts/retriever-migration-operator/renderings/*.values.yaml", { cwd: root });
    const library = [
      "examples/chart/values.yaml",
      ...globSync("charts/retriever-sidecar/renderings/*.values.yaml", { cwd: root }),
    ];
    expect(own.filter((file) => operator?.(parse(read(file)) ?? {}) !== true)).toEqual([]);
    const under = (file: string) => ((parse(read(file)) as Values | null) ?? {})["retriever-sidecar"] ?? {};
    expect(library.filter((file) => sidecar?.(under(file)) !== true)).toEqual([]);
  });

  it("reach every setting of the operator", () => {
    const known = [...describeSettings().matchAll(/\((RETRIEVER_[A-Z_]+|POD_[A-Z]+)\)/g)].map(([, name]) => name ?? "");
    const rendered = read("charts/retriever-migration-operator/renderings/everything.yaml");
    // It runs in a pod, and always with a lease.
    const ownWays = ["RETRIEVER_KUBECONFIG", "RETRIEVER_LEADER_ELECTION"];
    expect(known.length).toBeGreaterThan(10);
    expect(known.filter((name) => !rendered.includes(`name: ${name},`)).toSorted()).toEqual(ownWays);
    const given = [...rendered.matchAll(/name: (RETRIEVER_[A-Z_]+),/g)].map(([, name]) => name ?? "");
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
  });
});
