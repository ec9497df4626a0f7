// What an API server does with an object besides checking its shape: defaults and CEL rules, read from the schema.
// For tests only; the shape itself is zod's.
import { evaluate } from "@marcbachmann/cel-js";
import type { StructuralSchema } from "#manifest/schema-node.ts";

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value with the schema's defaults at every level, as they are filled in before anything else. */
export function withDefaults(schema: StructuralSchema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(schema.items ?? {}, item));
  if (!isFields(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const given = filled[name] === undefined ? structuredClone(property.default) : filled[name];
    if (given !== undefined) filled[name] = withDefaults(property, given);
  }
  return filled;
}

/** Messages of the rules that refuse a value; rules about a transition run only when there is an old one. */
export function violations(schema: StructuralSchema, self: unknown, oldSelf?: unknown): string[] {
  const context = { self: toCel(schema, self), oldSelf: toCel(schema, oldSelf) };
  const here = (schema["x-kubernetes-validations"] ?? [])
    .filter(({ rule }) => oldSelf !== undefined || !rule.includes("oldSelf"))
    .filter(({ rule }) => evaluate(rule, context) !== true)
    .map(({ message }) => message);
  return [...here, ...violationsBelow(schema, self, oldSelf)];
}

function violationsBelow(schema: StructuralSchema, self: unknown, oldSelf: unknown): string[] {
  if (Array.isArray(self)) return self.flatMap((item) => violations(schema.items ?? {}, item));
  if (!isFields(self)) return [];
  const old = isFields(oldSelf) ? oldSelf : {};
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    self[name] === undefined ? [] : violations(property, self[name], old[name]),
  );
}

/** CEL tells integers from doubles: what the schema calls an integer becomes a BigInt. */
function toCel(schema: StructuralSchema, value: unknown): unknown {
  if (typeof value === "number") return schema.type === "integer" ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, toCel(schema.properties?.[name] ?? {}, inner)]),
  );
}
