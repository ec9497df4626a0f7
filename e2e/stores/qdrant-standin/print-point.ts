// Points as answers show them: id, version, score, payload, vector, order_value, in this order.
// `payload` and `vector` are absent when not asked for.
import type { Collection, Point } from "./collection.ts";
import { ShapeFault } from "./fault.ts";
import { printDouble, printFloat32, printJson, printMembers } from "./json-print.ts";
import { isArray, type Json } from "./json-value.ts";
import { asString } from "./members.ts";
import type { PayloadSelector } from "./payload.ts";
import { printPointId } from "./point-id.ts";

/** Which vectors an answer shows: all, none, or those of the list. */
export type VectorSelector = boolean | readonly string[];

export function parseVectorSelector(value: Json | undefined): VectorSelector {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  if (isArray(value)) return value.map(asString);
  throw new ShapeFault("data did not match any variant of untagged enum WithVector");
}

export type Scored = { readonly point: Point; readonly version: number; readonly score: number };

export type Shown = { readonly payload: PayloadSelector; readonly vector: VectorSelector };

export function printScored(collection: Collection, { point, version, score }: Scored, shown: Shown): string {
  return printMembers([
    ["id", printPointId(point.id)],
    ["version", String(version)],
    ["score", printFloat32(score)],
    ...contentOf(collection, point, shown),
  ]);
}

/** `order` is the value that the point was ordered by; whole numbers carry no point. */
export function printRecord(collection: Collection, point: Point, shown: Shown, order?: number): string {
  const printed = order !== undefined && !Number.isInteger(order) ? printDouble(order) : order;
  return printMembers([
    ["id", printPointId(point.id)],
    ...contentOf(collection, point, shown),
    ["order_value", printed === undefined ? undefined : String(printed)],
  ]);
}

function contentOf(
  collection: Collection,
  point: Point,
  shown: Shown,
): readonly (readonly [string, string | undefined])[] {
  const payload = shown.payload(point.payload);
  return [
    ["payload", payload === undefined ? undefined : printJson(payload)],
    ["vector", printVectors(collection, point, shown.vector)],
  ];
}

function printVectors(collection: Collection, point: Point, selector: VectorSelector): string | undefined {
  if (selector === false) return undefined;
  const vectors = [...collection.vectorsOf(point)];
  const unnamed = vectors.find(([name]) => name === "");
  if (unnamed !== undefined) return printVector(unnamed[1]);
  const chosen = vectors.filter(([name]) => selector === true || selector.includes(name));
  return printMembers(chosen.map(([name, vector]) => [name, printVector(vector)]));
}

function printVector(vector: Float32Array): string {
  return `[${[...vector].map(printFloat32).join(",")}]`;
}
