// What filters let through, beyond the recorded cases.
import { describe, expect, it } from "vitest";
import { readBody } from "../bodies.ts";
import { filterSchema } from "./filter.ts";

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
  return readBody(filterSchema, filter)({ id: 7, payload });
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
    [{ key: "meta.source.kind", match: { value: "pdf" } }, true],
    [{ key: "parts[].size", match: { value: 2 } }, true],
    [{ key: "parts[0].size", match: { value: 2 } }, false],
    [{ key: "whole", range: { gte: 0 } }, false],
    [{ key: "words", range: { gt: 11.5, lte: 12 } }, true],
    [{ key: "at", range: { gte: "2026-01-31T22:00:00.25Z", lt: "2026-01-31T22:00:00.250001Z" } }, true],
    [{ key: "at", range: { gt: "2026-01-31T22:00:00.25Z" } }, false],
    [{ is_empty: { key: "none" } }, true],
    [{ is_empty: { key: "empty" } }, true],
    [{ is_empty: { key: "absent" } }, true],
    [{ is_empty: { key: "blank" } }, false],
    [{ has_id: [7] }, true],
    [{ has_id: [] }, false],
  ])("%j holds: %s", (condition, expected) => {
    expect(holds(must(condition))).toBe(expected);
  });

  it("filters nothing when it is empty or its clauses are", () => {
    expect(holds("{}")).toBe(true);
    expect(holds('{"should":[],"must":null}')).toBe(true);
  });

  it("lets through by `should` what passes one of its conditions", () => {
    const [absent, words] = [1, 12].map((value) => ({ key: "words", match: { value } }));
    expect(holds(JSON.stringify({ should: [absent, words] }))).toBe(true);
    expect(holds(JSON.stringify({ should: [absent] }))).toBe(false);
  });

  it("keeps back by `must_not` what passes one of its conditions, and lets through what none can read", () => {
    const before = { key: "at", range: { lt: "2027-01-01T00:00:00Z" } };
    const unread = { key: "words", range: { lt: "2027-01-01T00:00:00Z" } };
    expect(holds(JSON.stringify({ must_not: [unread, before] }))).toBe(false);
    expect(holds(JSON.stringify({ must_not: [unread] }))).toBe(true);
  });

  it("may be a condition of another, with lists of its own or one condition in place of a list", () => {
    const words = { key: "words", match: { value: 12 } };
    const absent = { key: "words", match: { value: 1 } };
    expect(holds(must({ should: [absent, { must_not: [absent] }] }))).toBe(true);
    expect(holds(must({ must: [words, { must_not: [words] }] }))).toBe(false);
    expect(holds(JSON.stringify({ must_not: { should: [absent, words] } }))).toBe(false);
  });

  it.each([
    ['{"must":[{"key":"words","match":{"value":12.0}}]}', 400],
    ['{"must":[{"key":"words","match":{"value":null}}]}', 400],
    ['{"must":[{"key":"words","match":{"any":["a",1]}}]}', 400],
    ['{"must":[{"key":"at","range":{"gt":"soon"}}]}', 400],
    ['{"must":[{"key":"at","range":{"gt":1,"lt":"2026-02-01"}}]}', 400],
    ['{"must":[{"key":"at"}]}', 400],
    ['{"must":[{"has_id":["x"]}]}', 400],
    ['{"must":[{"key":"at","geo_radius":{"radius":1}}]}', 501],
    ['{"must":[{"key":"namespace","match":{"text":"lph"}}]}', 501],
    ['{"must":[{"key":"words","match":{}}]}', 400],
    ['{"must_not":[{"key":"at"}]}', 400],
    ['{"min_should":{"conditions":[],"min_count":1}}', 501],
  ])("%s is refused with %i", (filter, status) => {
    expect(() => holds(filter)).toThrow(expect.objectContaining({ status }));
  });
});
