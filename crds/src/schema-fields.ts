// Every field of a kind as a flat list: type, bounds, default, by path. Read from the zod schema. Pure.
import { z } from "zod";
import { durationPattern } from "./duration.ts";
import type { JsonSchema } from "./schema-node.ts";

/** A field that holds no further fields. `[]` in the path stands for any item of a list. */
export type SchemaField = {
  readonly path: string;
  /** Which kind of a union the field belongs to, as `qdrant`; undefined outside of unions. */
  readonly variant: string | undefined;
  readonly type: string;
  /** Bounds or allowed values, in words; empty when there are none. */
  readonly range: string;
  readonly required: boolean;
  readonly default: unknown;
};

type Place = Pick<SchemaField, "path" | "variant" | "required">;

/** The leaves of a schema, in its order; `root` is the first word of every path. Throws TypeError for a shapeless node. */
export function schemaFields(schema: z.ZodType, root: string): SchemaField[] {
  const json = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }) as JsonSchema;
  return walk(json, { path: root, variant: undefined, required: true });
}

function walk(node: JsonSchema, place: Place): SchemaField[] {
  const branches = node.oneOf ?? node.anyOf;
  if (branches !== undefined) {
    return branches.flatMap((branch) => walkBranch(branch, place));
  }
  if (node.items?.properties !== undefined) {
    const list: SchemaField = { ...place, type: "list", range: rangeOf(node), default: node.default };
    return [list, ...walk(node.items, { ...place, path: `${place.path}[]` })];
  }
  if (node.properties === undefined) return [leaf(node, place)];
  return Object.entries(node.properties).flatMap(([name, child]) =>
    walk(child, {
      path: `${place.path}.${name}`,
      variant: place.variant,
      required: node.required?.includes(name) ?? false,
    }),
  );
}

/** Without a kind the branches are a choice: none of their fields has to be there. */
function walkBranch(branch: JsonSchema, place: Place): SchemaField[] {
  const kind = kindOf(branch);
  if (kind !== undefined) return walk(branch, { ...place, variant: kind });
  return walk(branch, place).map((field) => ({ ...field, required: false }));
}

/** The literal that tells the branches of a union apart. */
function kindOf(branch: JsonSchema): string | undefined {
  const values = branch.properties?.["kind"]?.enum;
  return values?.length === 1 ? String(values[0]) : undefined;
}

function leaf(node: JsonSchema, place: Place): SchemaField {
  if (node.type === undefined) throw new TypeError(`${place.path}: a node without a type`);
  return { ...place, type: typeOf(node), range: rangeOf(node), default: node.default };
}

function typeOf(node: JsonSchema): string {
  const type = node.pattern === durationPattern.source ? "duration" : (node.type ?? "");
  const named = node.type === "array" ? `list of ${typeOf(node.items ?? {})}s` : type;
  return node.nullable === true ? `${named} or null` : named;
}

function rangeOf(node: JsonSchema): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (node.pattern === durationPattern.source) return "";
  if (node.type === "array") return span(node.minItems, node.maxItems, " items");
  if (node.type === "string") return span(node.minLength, node.maxLength, " characters");
  return numberRange(node);
}

function span(least: number | undefined, most: number | undefined, unit: string): string {
  if (most === undefined) return least === undefined ? "" : `at least ${least}${unit}`;
  if (least === most) return `${most}${unit}`;
  return least === undefined ? `up to ${most}${unit}` : `${least} to ${most}${unit}`;
}

function numberRange(node: JsonSchema): string {
  const { minimum, maximum } = node;
  const hasFloor = minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER;
  const hasCeiling = maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER;
  const floor = hasFloor ? `${node.exclusiveMinimum === true ? "above" : "from"} ${minimum}` : "";
  const ceiling = hasCeiling ? `${node.exclusiveMaximum === true ? "below" : "to"} ${maximum}` : "";
  return [floor, ceiling].filter((part) => part !== "").join(" ");
}
