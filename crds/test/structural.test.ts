import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { migrationActKind, migrationKind } from "#manifest/kinds.ts";
import { jsonSchemaOf, type StructuralSchema } from "#manifest/schema-node.ts";
import { toStructural } from "#manifest/structural-schema.ts";
import { type KindDefinition, rootSchema, toCrd } from "#manifest/to-crd.ts";
import { migrationSpecSchema } from "#spec/migration-spec.ts";
import { violations, withDefaults } from "#test/admission.ts";
import { pgvectorDestination, twoFieldSpec } from "#test/builders.ts";

const allowedKeywords = new Set([
  "type",
  "properties",
  "items",
  "required",
  "enum",
  "default",
  "description",
  "nullable",
  "pattern",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "x-kubernetes-validations",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
]);

type Node = { readonly path: string; readonly schema: StructuralSchema };

function nodesOf(schema: StructuralSchema, path = ""): Node[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    nodesOf(child, `${path}.${name}`),
  );
  return [{ path, schema }, ...children, ...(schema.items ? nodesOf(schema.items, `${path}[]`) : [])];
}

/** Everything the API server demands of a schema that a reader can see without it. */
function complaintsAbout({ path, schema }: Node): string[] {
  const complaints = Object.keys(schema).filter((keyword) => !allowedKeywords.has(keyword));
  if (schema["x-kubernetes-int-or-string"] === true) {
    if (schema.type !== undefined || schema.pattern === undefined || schema.minimum === undefined)
      complaints.push("int-or-string with a type, or without the bounds of both");
  } else if (schema.type === undefined) complaints.push("no type");
  if (schema.type === "string" && schema.maxLength === undefined && schema.enum === undefined)
    complaints.push("no bound");
  if (schema.type === "array" && (schema.items === undefined || schema.maxItems === undefined)) {
    complaints.push("no items or no bound");
  }
  if (schema.type === "object" && schema.properties === undefined && path !== ".metadata")
    complaints.push("no properties");
  if (schema.required?.length === 0) complaints.push("empty required");
  const unknown = (schema.required ?? []).filter((name) => schema.properties?.[name] === undefined);
  return [...complaints, ...unknown.map((name) => `requires unknown ${name}`)].map((text) => `${path}: ${text}`);
}

const kinds: readonly KindDefinition[] = [migrationKind, migrationActKind];

describe.each(kinds)("the manifest of $names.kind", (kind) => {
  const schema = rootSchema(kind);
  const unnamed = new Set([".apiVersion", ".kind"]);
  const nodes = nodesOf(schema).filter(({ path }) => !unnamed.has(path));

  it("is structural and bounded at every node", () => {
    expect(nodes.length).toBeGreaterThan(8);
    expect(nodes.flatMap(complaintsAbout)).toEqual([]);
  });

  it("has defaults that satisfy the rules of their own node", () => {
    const refused = nodes
      .filter(({ schema: node }) => node.default !== undefined)
      .flatMap(({ path, schema: node }) =>
        violations(node, withDefaults(node, node.default), node.default).map((message) => `${path}: ${message}`),
      );
    expect(refused).toEqual([]);
  });

  it("is the file in manifests, also for a reader of YAML 1.1", () => {
    const file = `${kind.group}_${kind.names.plural}.yaml`;
    const text = readFileSync(new URL(`../manifests/${file}`, import.meta.url), "utf8");
    expect(parse(text, { version: "1.1" })).toEqual(toCrd(kind));
  });
});

describe("defaults", () => {
  const schema = rootSchema(migrationKind).properties?.["spec"] ?? {};

  it("give a spec of two fields everything that parsing gives it", () => {
    const { destination, ...rest } = withDefaults(schema, twoFieldSpec) as Record<string, unknown>;
    const { destination: parsedDestination, ...parsedRest } = migrationSpecSchema.parse(twoFieldSpec);
    const { profile } = parsedRest.checklist;
    // Checks that aren't named stay absent, so that the profile decides them.
    expect(rest).toEqual({ ...parsedRest, checklist: { profile } });
    expect(migrationSpecSchema.parse({ destination, ...rest }).checklist).toEqual(parsedRest.checklist);
    expect(migrationSpecSchema.shape.destination.parse(destination)).toEqual(parsedDestination);
  });

  it.each([twoFieldSpec.destination, pgvectorDestination])(
    "never add a field that kind $kind refuses",
    (destination) => {
      const filled = withDefaults(schema, { ...twoFieldSpec, destination });
      expect(violations(schema, filled)).toEqual([]);
      expect(migrationSpecSchema.safeParse(filled).success).toBe(true);
    },
  );

  it("mark an object that nobody has looked at yet with observedGeneration -1", () => {
    const filled = withDefaults(rootSchema(migrationKind), { spec: twoFieldSpec }) as { status: unknown };
    expect(filled.status).toMatchObject({ observedGeneration: -1, phase: "Pending", epoch: 0, planHash: "" });
  });
});

describe("a schema without a structural form", () => {
  it.each([
    ["a union of scalars", z.union([z.string().max(1), z.number()])],
    ["anything", z.any()],
    [
      "branches that disagree about a field",
      z.union([
        z.strictObject({ kind: z.literal("a"), size: z.string().max(3) }),
        z.strictObject({ kind: z.literal("b"), size: z.int() }),
      ]),
    ],
  ])("%s is refused while generating, not by the cluster", (_name, schema) => {
    expect(() => toStructural(jsonSchemaOf(schema))).toThrow(TypeError);
  });
});
