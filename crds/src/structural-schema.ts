// JSON Schema as zod prints it → structural schema as the API server takes it. Pure.
// Structural means: one type at every level, no alternatives that carry structure, nothing without a bound.
import { flattenUnion } from "./union-schema.ts";

export type CelValidation = { readonly rule: string; readonly message: string };

/** Node of a structural schema; also what the walk reads, where zod's extra keywords are still there. */
export type StructuralSchema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly "x-kubernetes-validations"?: readonly CelValidation[];
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
};

/** Node of zod's output: the same keywords and the ones that structural schemas refuse. */
export type JsonSchema = StructuralSchema & {
  readonly $schema?: string;
  readonly additionalProperties?: unknown;
  readonly format?: string;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
};

/** Structural schema of a JSON Schema. Throws TypeError for what has no structural form. */
export function toStructural(schema: JsonSchema): StructuralSchema {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) {
    const { oneOf: _oneOf, anyOf: _anyOf, ...rest } = schema;
    return toStructural({ ...rest, ...flattenUnion(alternatives) });
  }
  if (schema.type === undefined) throw new TypeError(`a node without a type: ${JSON.stringify(schema)}`);
  const { $schema: _dialect, additionalProperties: _closed, format: _format, properties, items, ...kept } = schema;
  return {
    ...withoutIntegerBounds(kept),
    ...(properties && { properties: mapValues(properties, toStructural) }),
    ...(items && { items: toStructural(items) }),
  };
}

/** Zod states the bounds of a double's integers; the API server's integers are 64 bit and need no such bound. */
function withoutIntegerBounds(schema: StructuralSchema): StructuralSchema {
  const { minimum, maximum, ...rest } = schema;
  return {
    ...rest,
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
  };
}

/** A new record with every value replaced. */
export function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
