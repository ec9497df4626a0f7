// What the API server holds a document to is what the operator reads: a bound that only one of them has would let a status
// be stored that nobody can read, or refuse one that the operator writes.
import { describe, expect, it } from "vitest";
import { migrationActKind, migrationKind } from "#manifest/kinds.ts";
import { type JsonSchema, jsonSchemaWithoutExamples, type StructuralSchema } from "#manifest/schema-node.ts";
import { rootSchema } from "#manifest/to-crd.ts";

const keywords = [
  "type",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "enum",
  "required",
  "nullable",
] as const;

type Found = { readonly path: string; readonly contract: unknown; readonly definition: unknown };

/** Bounds that differ, by path. Of a union's branch only what the other ones have alike can stand in a definition. */
function differences(contract: JsonSchema, definition: StructuralSchema | undefined, path: string): Found[] {
  if (definition === undefined) return [{ path, contract, definition }];
  const branches = contract.oneOf ?? contract.anyOf;
  if (branches !== undefined) return branches.flatMap((branch) => inUnion(branch, definition, path));
  const own = keywords.flatMap((keyword): Found[] =>
    JSON.stringify(contract[keyword]) === JSON.stringify(definition[keyword])
      ? []
      : [{ path: `${path} ${keyword}`, contract: contract[keyword], definition: definition[keyword] }],
  );
  return [...own, ...inner(contract, definition, path)];
}

function inner(contract: JsonSchema, definition: StructuralSchema, path: string): Found[] {
  const fields = Object.entries(contract.properties ?? {}).flatMap(([name, field]) =>
    differences(field, definition.properties?.[name], `${path}.${name}`),
  );
  return contract.items === undefined
    ? fields
    : [...fields, ...differences(contract.items, definition.items, `${path}[]`)];
}

/** What a branch says of its fields: the definition bounds each as well, and a rule says the rest. */
function inUnion(branch: JsonSchema, definition: StructuralSchema, path: string): Found[] {
  return Object.entries(branch.properties ?? {}).flatMap(([name, field]): Found[] => {
    const there = definition.properties?.[name];
    const at = `${path}.${name}`;
    if (field.enum !== undefined)
      return there?.enum === undefined ? [{ path: at, contract: field, definition: there }] : [];
    if (field.type !== "string") return differences(field, there, at);
    const isBounded = there?.maxLength !== undefined && there.maxLength >= (field.maxLength ?? Infinity);
    const rules = JSON.stringify(definition["x-kubernetes-validations"] ?? []);
    const isSaid =
      field.pattern === there?.pattern || rules.includes(JSON.stringify(JSON.stringify(field.pattern)).slice(1, -1));
    return isBounded && isSaid ? [] : [{ path: at, contract: field, definition: there }];
  });
}

describe.each([migrationKind, migrationActKind].map((kind) => [kind.names.kind, kind] as const))(
  "the definition of %s",
  (_, kind) => {
    const { properties = {} } = rootSchema(kind);
    const parts = { spec: kind.spec, ...(kind.status === undefined ? {} : { status: kind.status.schema }) };

    it.each(Object.entries(parts))("has every bound of its %s", (part, schema) => {
      expect(differences(jsonSchemaWithoutExamples(schema), properties[part], part)).toEqual([]);
    });
  },
);
