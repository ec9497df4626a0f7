// Every field of a kind as a flat list: type, bounds, default, docs, by path. Read from the zod schema. Pure.
import type { z } from "zod";
import { durationPattern } from "#fields/duration.ts";
import { type JsonSchema, jsonSchemaOf } from "#manifest/schema-node.ts";

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
  /** Undefined where nobody has said what the field means: a test fails. */
  readonly description: string | undefined;
  /** A value that is taken; undefined where there is no example. */
  readonly taken: unknown;
  /** A value that is refused. */
  readonly refused: unknown;
  /** What has to be in the document beside both, by path; undefined takes a field away. */
  readonly beside: Readonly<Record<string, unknown>>;
};

type Place = Pick<SchemaField, "path" | "variant" | "required" | "beside">;

/** The leaves of a schema, in its order; `root` is the first word of every path. Throws TypeError for a shapeless node. */
export function schemaFields(schema: z.ZodType, root: string): SchemaField[] {
  return walk(jsonSchemaOf(schema), { path: root, variant: undefined, required: true, beside: {} });
}

function walk(node: JsonSchema, place: Place): SchemaField[] {
  const branches = node.oneOf ?? node.anyOf;
  if (branches !== undefined && node["x-kubernetes-int-or-string"] === true) {
    const range = branches.map(rangeOf).find((one) => one.startsWith("from")) ?? "";
    return [{ ...field(node, "number, or share as a string", place), range }];
  }
  if (branches !== undefined) {
    return branches.flatMap((branch) => walkBranch(branch, branches, place));
  }
  if (node.items?.properties !== undefined) {
    return [field(node, "list", place), ...walk(node.items, { ...place, path: `${place.path}[]` })];
  }
  if (node.properties === undefined) return [leaf(node, place)];
  return Object.entries(node.properties).flatMap(([name, child]) =>
    walk(child, { ...place, path: `${place.path}.${name}`, required: node.required?.includes(name) ?? false }),
  );
}

/** Without a kind the branches are a choice: none of their fields has to be there, and none beside another's. */
function walkBranch(branch: JsonSchema, branches: readonly JsonSchema[], place: Place): SchemaField[] {
  const kind = kindOf(branch);
  if (kind !== undefined) {
    return walk(branch, { ...place, variant: kind, beside: { ...place.beside, [`${place.path}.kind`]: kind } });
  }
  const others = branches.filter((other) => other !== branch).flatMap((other) => Object.keys(other.properties ?? {}));
  const without = Object.fromEntries(others.map((name) => [`${place.path}.${name}`, undefined]));
  return walk(branch, { ...place, beside: { ...place.beside, ...without } }).map((one) => ({
    ...one,
    required: false,
  }));
}

/** The literal that tells the branches of a union apart. */
function kindOf(branch: JsonSchema): string | undefined {
  const values = branch.properties?.["kind"]?.enum;
  return values?.length === 1 ? String(values[0]) : undefined;
}

function leaf(node: JsonSchema, place: Place): SchemaField {
  if (node.type === undefined) throw new TypeError(`${place.path}: a node without a type`);
  return field(node, typeOf(node), place);
}

function field(node: JsonSchema, type: string, place: Place): SchemaField {
  return {
    ...place,
    type,
    range: rangeOf(node),
    default: node.default,
    description: node.description,
    taken: node.examples?.[0],
    refused: "refused" in node ? node.refused : wrongFor(node),
    beside: { ...place.beside, ...node.beside },
  };
}

/** A value below the minimum, or of another type. */
function wrongFor(node: JsonSchema): unknown {
  if (hasFloor(node)) return (node.minimum ?? 0) - 1;
  return { integer: 1.5, number: "many", boolean: "yes", array: "none" }[node.type ?? ""] ?? 7;
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
  const hasCeiling = maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER;
  const floor = hasFloor(node) ? `${node.exclusiveMinimum === true ? "above" : "from"} ${minimum}` : "";
  const ceiling = hasCeiling ? `${node.exclusiveMaximum === true ? "below" : "to"} ${maximum}` : "";
  return [floor, ceiling].filter((part) => part !== "").join(" ");
}

function hasFloor({ minimum }: JsonSchema): boolean {
  return minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER;
}
