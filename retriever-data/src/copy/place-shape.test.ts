import type { StoreDescription, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { parseExact } from "@retriever/stores/values/exact-json.ts";
import { expect, test } from "vitest";
import { misfits, placeShape } from "./place-shape.ts";

const source: StoreDescription = {
  dimension: 3,
  metric: "cosine",
  metricName: "Cosine",
  precision: "float32",
  isNormalised: true,
  idKind: "text",
  someIds: [],
  newestUpdatedAtMs: null,
  count: 2,
  isLookUpCheap: true,
};
const index = { kind: "hnsw" } as const;

function shapes(values: Readonly<Record<string, readonly unknown[]>>, change: object = {}) {
  const first = (values["a"] ?? []).map((_, row): WholeChunk => {
    const fields = Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list[row]]));
    return { id: `${row}`, entityId: "e", namespace: null, updatedAt: null, fields, vector: null };
  });
  return placeShape({ fields: Object.keys(values), filterable: {}, source, first, index, ...change }).fields;
}

test("a field is what its first values are, and anything where they are of several kinds or there are none", () => {
  expect(
    shapes({ a: [1, null], b: ["x", "y"], c: [1, 2.5], d: [["x"], []], e: [true, "x"], f: [null, undefined] }),
  ).toEqual({
    a: "integer",
    b: "text",
    c: "decimal",
    d: "texts",
    e: "json",
    f: "json",
  });
});

test("numbers that a double would round are held exactly, and bytes fit a column of floats", () => {
  const long = parseExact("1750123456789012345678");
  expect(shapes({ a: [long], b: [0.5] })).toEqual({ a: "decimal", b: "decimal" });
  const shape = placeShape({ fields: [], filterable: {}, source: { ...source, precision: "int8" }, first: [], index });
  expect(misfits(source, shape)).toEqual([]);
});

test("what the source declares goes before what its base lets requests filter by, and that before values", () => {
  const filterable = { a: "moment", b: "keyword[]", c: "integer" } as const;
  const declared = { ...source, fieldShapes: [null, null, "decimal"] as const };
  expect(shapes({ a: ["x"], b: ["x"], c: ["x"] }, { filterable, source: declared })).toEqual({
    a: "moment",
    b: "texts",
    c: "decimal",
  });
});

test("a source that doesn't say what its vectors are can't be made again", () => {
  expect(() => shapes({}, { source: { ...source, precision: null } })).toThrow("the source's precision isn't known");
});

test("a place that differs is told by name, value and expectation", () => {
  const shape = placeShape({ fields: [], filterable: {}, source, first: [], index });
  expect(misfits(source, shape)).toEqual([]);
  expect(misfits({ ...source, dimension: 4, precision: "half" }, shape)).toEqual([
    "dimension: the destination has 4, expected 3",
    "precision: the destination has half, expected float32",
  ]);
});
