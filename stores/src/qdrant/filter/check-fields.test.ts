import { expect, test } from "vitest";
import { placeByName } from "#config/filterable.ts";
import { makeSpec } from "#test/spec.ts";
import { readCollection } from "../client/collection.ts";
import { checkFields } from "./check-fields.ts";

const spec = makeSpec("qdrant", { url: "http://localhost", collection: "c" });

function collection(payload_schema: object, strict: object = {}) {
  const config = { params: { vectors: { size: 8, distance: "Cosine" } }, strict_mode_config: strict };
  return readCollection(JSON.stringify({ result: { points_count: 1, config, payload_schema } }), spec);
}

const strict = { enabled: true, unindexed_filtering_retrieve: false };

test("a declared field without an index is slow, and under strict mode refused, with the index to create", () => {
  const schema = { lang: { data_type: "keyword" }, at: { data_type: "keyword" }, u: { data_type: "uuid" } };
  const filterable = { lang: "text", at: "moment", pages: "integer[]", u: "keyword" } as const;
  expect(checkFields(filterable, collection(schema), placeByName)).toEqual({
    filterFaults: [],
    unindexed: ["at", "pages"],
  });
  expect(checkFields(filterable, collection(schema, strict), placeByName).filterFaults).toEqual([
    "at: strict mode of the collection refuses a filter on it without an index: create one of type datetime instead of keyword",
    "pages: strict mode of the collection refuses a filter on it without an index: create one of type integer",
  ]);
});

test("a float under an index of integers is refused, as the index hides its fractions", () => {
  const found = checkFields({ score: "float" }, collection({ score: { data_type: "integer" } }), placeByName);
  expect(found.filterFaults).toEqual([
    "score: its index of type integer hides numbers with a fraction: create one of type float",
  ]);
});

test.each([
  ["integer", "keyword"],
  ["keyword", "integer"],
  ["boolean", "keyword"],
  ["moment", "integer"],
  ["float", "datetime"],
] as const)(
  "a field that is declared as %s and indexed as %s is refused, as one of the two finds nothing",
  (type, held) => {
    const { filterFaults } = checkFields({ f: type }, collection({ f: { data_type: held } }), placeByName);
    expect(filterFaults).toEqual([
      expect.stringContaining(`f: its index of type ${held} says that it holds no ${type}`),
    ]);
  },
);

test("an index of integers without ranges serves no filter, which compares by ranges", () => {
  const schema = { pages: { data_type: "integer", params: { type: "integer", lookup: true, range: false } } };
  expect(checkFields({ pages: "integer" }, collection(schema), placeByName)).toEqual({
    filterFaults: [],
    unindexed: ["pages"],
  });
  expect(checkFields({ pages: "integer" }, collection(schema, strict), placeByName).filterFaults).toEqual([
    "pages: strict mode of the collection refuses a filter on it without an index: create one of type integer with range: true",
  ]);
});
