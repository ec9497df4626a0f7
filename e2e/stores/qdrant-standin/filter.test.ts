// What filters let through, beyond the recorded cases.
import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter.ts";
import { parseJson } from "./json-parse.ts";
import { fromPlain, JsonObject } from "./json-value.ts";

const payload = {
  namespace: "alpha",
  words: 12,
  whole: "12",
  weight: 0.5,
  tags: ["red", "blue"],
  none: null,
  empty: [],
  blank: "",
  at: "2026-02-01T00:00:00.25+02:00",
  meta: { source: { kind: "pdf" } },
  parts: [
    { name: "a", size: 1 },
    { name: "b", size: 2 },
  ],
};

function holds(filter: string): boolean {
  const object = fromPlain(payload);
  const predicate = parseFilter(parseJson(filter));
  return predicate === undefined || (object instanceof JsonObject && predicate({ id: 7, payload: object }));
}

function must(condition: object): string {
  return JSON.stringify({ must: [condition] });
}

describe("a filter", () => {
  it.each([
    [{ key: "words", match: { value: 12 } }, true],
    [{ key: "words", match: { value: "12" } }, false],
    [{ key: "whole", match: { value: 12 } }, false],
    [{ key: "tags", match: { value: "blue" } }, true],
    [{ key: "tags", match: { any: [] } }, false],
    [{ key: "tags", match: { except: ["red", "blue"] } }, false],
    [{ key: "namespace", match: { text: "lph" } }, true],
    [{ key: "meta.source.kind", match: { value: "pdf" } }, true],
    [{ key: "parts[].size", match: { value: 2 } }, true],
    [{ key: "parts[0].size", match: { value: 2 } }, false],
    [{ key: "whole", range: { gte: 0 } }, false],
    [{ key: "words", range: { gt: 11.5, lte: 12 } }, true],
    [{ key: "at", range: { gte: "2026-01-31T22:00:00.25Z", lt: "2026-01-31T22:00:00.250001Z" } }, true],
    [{ key: "at", range: { gt: "2026-01-31T22:00:00.25Z" } }, false],
    [{ key: "tags", values_count: { gte: 2 } }, true],
    [{ is_empty: { key: "none" } }, true],
    [{ is_empty: { key: "empty" } }, true],
    [{ is_empty: { key: "absent" } }, true],
    [{ is_empty: { key: "blank" } }, false],
    [{ is_null: { key: "none" } }, true],
    [{ is_null: { key: "absent" } }, false],
    [{ has_id: [7] }, true],
    [{ has_id: [] }, false],
    [
      {
        nested: {
          key: "parts",
          filter: {
            must: [
              { key: "name", match: { value: "a" } },
              { key: "size", match: { value: 2 } },
            ],
          },
        },
      },
      false,
    ],
    [
      {
        nested: {
          key: "parts[]",
          filter: {
            must: [
              { key: "name", match: { value: "b" } },
              { key: "size", match: { value: 2 } },
            ],
          },
        },
      },
      true,
    ],
    [
      {
        should: [
          { key: "absent", match: { value: 1 } },
          { key: "words", match: { value: 12 } },
        ],
      },
      true,
    ],
  ])("%j holds: %s", (condition, expected) => {
    expect(holds(must(condition))).toBe(expected);
  });

  it("filters nothing when it is empty or its clauses are", () => {
    expect(holds("{}")).toBe(true);
    expect(holds('{"should":[],"must":null}')).toBe(true);
  });

  it("passes under must_not what lacks the key", () => {
    expect(holds('{"must_not":[{"key":"absent","match":{"value":1}}]}')).toBe(true);
  });

  it.each([
    ['{"must":[{"key":"words","match":{"value":12.0}}]}', "untagged enum MatchInterface"],
    ['{"must":[{"key":"words","match":{"value":null}}]}', "untagged enum MatchInterface"],
    ['{"must":[{"key":"words","match":{"any":["a",1]}}]}', "untagged enum MatchInterface"],
    ['{"must":[{"key":"at","range":{"gt":"soon"}}]}', "untagged enum RangeInterface"],
    ['{"must":[{"key":"at"}]}', "At least one field condition"],
    ['{"must":[{"has_id":["x"]}]}', "value x is not a valid point ID"],
    ['{"must":[{"key":"at","geo_radius":{"radius":1}}]}', "the stand-in has no geographic conditions"],
  ])("%s is refused", (filter, message) => {
    expect(() => holds(filter)).toThrow(message);
  });
});
