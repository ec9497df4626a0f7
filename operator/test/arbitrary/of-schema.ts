// Any value that a schema of the contract admits, its bounds above all: what a pod may say is what the schema lets through.
import fc from "fast-check";
import { z } from "zod";

type Node = z.core.JSONSchema.BaseSchema;

/** Values of a schema. Refinements, patterns and multiples are no shape: what breaks one is not given out. */
export function valuesOf<T>(schema: z.ZodType<T>): fc.Arbitrary<T> {
  return shapeOf(z.toJSONSchema(schema, { io: "output" })).filter(
    (value) => schema.safeParse(value).success,
  ) as fc.Arbitrary<T>;
}

/** Throws for a kind that it doesn't know, so that nothing is left out in silence. */
function shapeOf(node: Node | boolean): fc.Arbitrary<unknown> {
  if (typeof node === "boolean") throw new TypeError("a schema without a shape");
  if (node.anyOf !== undefined) return fc.oneof(...node.anyOf.map(shapeOf));
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  if (node.const !== undefined) return fc.constant(node.const);
  if (Array.isArray(node.type))
    return fc.oneof(...node.type.map((type: z.core.JSONSchema.SchemaType) => shapeOf({ ...node, type })));
  switch (node.type) {
    case "object": {
      const fields = Object.entries(node.properties ?? {}).map(([key, inner]) => [key, shapeOf(inner)] as const);
      return fc.record(Object.fromEntries(fields), { requiredKeys: [...(node.required ?? [])] });
    }
    case "array": {
      const { minItems = 0, maxItems = 3, items } = node;
      const maxLength = Math.max(minItems, Math.min(3, maxItems));
      return fc.array(shapeOf(items as Node), { minLength: minItems, maxLength });
    }
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return numbers(node);
    case "string":
      return strings(node);
    default:
      throw new TypeError(`no values of ${String(node.type)}`);
  }
}

function numbers({ type, minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER, multipleOf = 1 }: Node) {
  const range = { min: Math.ceil(minimum / multipleOf), max: Math.floor(maximum / multipleOf) };
  const edges = [range.min, range.max, 0, 1, 10].filter((edge) => edge >= range.min && edge <= range.max);
  const whole = fc.oneof(fc.constantFrom(...edges), fc.integer(range)).map((value) => value * multipleOf);
  return type === "integer" ? whole : fc.oneof(whole, fc.double({ min: minimum, max: maximum, noNaN: true }));
}

const words = ["", "x", "migration-1", "9".repeat(40), "é\u0000\n", "__proto__", "2999-01-01T00:00:00Z"];

function strings({ minLength = 0, maxLength = 100, pattern }: Node): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const some = fc.oneof(fc.constantFrom(...words), fc.constant("z".repeat(maxLength)), fc.string({ maxLength: 20 }));
  return some.map((word) => word.slice(0, maxLength).padEnd(minLength, "0"));
}
