// JSON Schema as zod prints it → structural schema as the API server takes it. Pure.
// Structural means: one type at every level, no alternatives that carry structure, nothing without a bound.
import type { JsonSchema, StructuralSchema } from "./schema-node.ts";
import { flattenUnion } from "./union-schema.ts";

/** Structural schema of a JSON Schema. Throws TypeError for what has no structural form. */
export function toStructural(schema: JsonSchema): StructuralSchema {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined && schema["x-kubernetes-int-or-string"] === true) {
    return intOrString(schema, alternatives);
  }
  if (alternatives !== undefined) {
    const { oneOf: _oneOf, anyOf: _anyOf, ...rest } = schema;
    return toStructural({ ...rest, ...flattenUnion(alternatives) });
  }
  if (schema.type === undefined) throw new TypeError(`a node without a type: ${JSON.stringify(schema)}`);
  const { $schema: _dialect, additionalProperties: _closed, format: _format, ...kept } = schema;
  const { description, properties, items, ...bounds } = kept;
  return {
    // First, where a reader of the manifest looks for it.
    ...(description !== undefined && { description }),
    ...bounds,
    ...(properties && { properties: mapValues(properties, toStructural) }),
    ...(items && { items: toStructural(items) }),
  };
}

/** The bounds of both, which the API server asks of whichever it is given. */
function intOrString(schema: JsonSchema, alternatives: readonly JsonSchema[]): StructuralSchema {
  const { oneOf: _oneOf, anyOf: _anyOf, description, ...rest } = schema;
  const bounds = alternatives.map(({ type: _type, ...bound }) => bound);
  return { ...(description !== undefined && { description }), ...Object.assign({}, ...bounds), ...rest };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
