import { expect, test } from "vitest";
import { makeSpec } from "#test/spec.ts";
import { readCollection } from "./collection.ts";

const dense = { size: 4, distance: "Cosine" };
const lists = { ...dense, multivector_config: { comparator: "max_sim" } };
const read = (params: object, vectorName?: string) => {
  const spec = makeSpec("qdrant", { url: "http://localhost", collection: "c", vectorName });
  return readCollection(JSON.stringify({ result: { config: { params } } }), spec);
};

test.each([
  [{ vectors: lists }, undefined, "a list of vectors for each point (multivector_config)"],
  [{ vectors: { text: lists, other: dense } }, "text", "a list of vectors for each point (multivector_config)"],
  [{ vectors: { text: dense }, sparse_vectors: { words: {} } }, "words", "a sparse one"],
  [{ vectors: {}, sparse_vectors: { words: { index: {} } } }, "words", "a sparse one"],
])("of %j the vector %s is refused by its kind", (params, name, kind) => {
  expect(() => read(params, name)).toThrow(
    `vectorName: expected a dense vector, the collection has ${kind} of this name: name another one`,
  );
});

test("a dense vector beside one of another kind is read", () => {
  const params = { vectors: { text: dense, many: lists }, sparse_vectors: { words: {} } };
  expect(read(params, "text")).toMatchObject({ dimension: 4, distance: "Cosine" });
  expect(read(params, "none")).toMatchObject({ dimension: null });
});
