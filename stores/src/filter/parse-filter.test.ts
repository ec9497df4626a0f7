import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Filterable } from "#config/filterable.ts";
import { RetrieverError } from "#errors.ts";
import { type Filter, maxFilterDepth, maxFilterParts } from "#ports/filter.ts";
import { parseExact } from "#values/exact-json.ts";
import { parseFilter } from "./parse-filter.ts";

const filterable: Filterable = {
  lang: "keyword",
  title: "text",
  pages: "integer",
  score: "float",
  ok: "boolean",
  at: "moment",
  "meta.tags": "keyword[]",
};

function parse(text: string): Filter {
  return parseFilter(parseExact(text), filterable);
}

function refusal(text: string): string {
  try {
    return `passed: ${parse(text).op}`;
  } catch (error) {
    const isRefusal = error instanceof RetrieverError && error.code === "RETR_REQUEST_INVALID";
    if (!isRefusal || !error.message.startsWith(`${error.path}: `)) throw error;
    return error.message;
  }
}

/** The value that an equality is read with, or its refusal. */
function valueOf(text: string): unknown {
  const refused = refusal(text);
  if (!refused.startsWith("passed")) return refused;
  const filter = parse(text);
  return filter.op === "in" ? filter.values[0] : undefined;
}

function eq(field: string, value: string): string {
  return `{"eq":{"field":"${field}","value":${value}}}`;
}

describe("a filter", () => {
  test("is read with the types that the base declares", () => {
    const lang = { name: "lang", type: "keyword", isList: false };
    const pages = { name: "pages", type: "integer", isList: false };
    expect(
      parse(
        `{"and":[${eq("lang", '"de"')},{"not":{"range":{"field":"pages","gte":9007199254740993,"lt":100000000000000000}}}]}`,
      ),
    ).toEqual({
      op: "and",
      of: [
        { op: "in", field: lang, values: ["de"] },
        { op: "not", of: { op: "range", field: pages, bounds: { gte: 9007199254740993n, lt: 10n ** 17n } } },
      ],
    });
    expect(parse('{"contains":{"field":"meta.tags","value":"a"}}')).toMatchObject({ op: "in", values: ["a"] });
    expect(parse('{"exists":{"field":"title"}}')).toMatchObject({ op: "exists", field: { type: "keyword" } });
    expect(parse('{"in":{"field":"pages","values":[]}}')).toMatchObject({ op: "in", values: [] });
  });

  test.each([
    ["{}", "filter: expected one of and"],
    ["7.0", "filter: expected one of and"],
    ["[]", "filter: expected an object"],
    ["null", "filter: expected an object"],
    ['{"eq":1.0}', "filter.eq: expected only the members field, value"],
    ['{"like":{"field":"lang"}}', "filter: expected one of and"],
    ['{"__proto__":{"field":"lang"}}', "filter: expected one of and"],
    ['{"and":[],"or":[]}', "filter: expected one of and, or, not, eq, in, range, exists, contains, got 2 members"],
    ['{"and":[]}', "filter.and: expected a list of at least one filter"],
    ['{"and":[{"exists":{"field":"lang"}},{"not":[]}]}', "filter.and[1].not: expected an object"],
    ['{"or":[{"eq":{"field":"nope","value":1}}]}', "filter.or[0].eq.field: expected one of the fields that the base"],
    ['{"eq":{"field":"constructor","value":1}}', "filter.eq.field: expected one of the fields that the base"],
    ['{"eq":{"field":"lang"}}', "filter.eq.value: expected a text"],
    ['{"eq":{"field":"lang","value":null}}', "filter.eq.value: expected a text"],
    ['{"eq":{"field":"lang","value":"a","case":true}}', "filter.eq: expected only the members field, value"],
    ['{"eq":{"field":"lang","value":"\\ud800"}}', "filter.eq.value: expected a text"],
    ['{"in":{"field":"pages","values":[1,2,1.5]}}', "filter.in.values[2]: expected an integer within 64 bits"],
    ['{"in":{"field":"pages","values":9}}', "filter.in.values: expected a list of values"],
    ['{"range":{"field":"lang","gte":"a"}}', "filter.range.field: expected a field of integers, floats or moments"],
    ['{"range":{"field":"pages"}}', "filter.range: expected one of gt, gte, lt, lte"],
    ['{"range":{"field":"pages","gt":1,"gte":1}}', "filter.range: expected gt or gte, not both"],
    ['{"range":{"field":"pages","lt":1,"lte":1}}', "filter.range: expected lt or lte, not both"],
    [
      '{"and":[{"exists":{"field":"ok"}},{"exists":{"field":"ok"}},{"range":{"field":"at","gte":1}}]}',
      "filter.and[2].range.gte: expected a moment",
    ],
    ['{"contains":{"field":"lang","value":"a"}}', "filter.contains.field: expected a field that is declared as a list"],
    ['{"exists":"lang"}', "filter.exists: expected an object with the member field"],
  ])("%s is refused with its place", (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  test.each([
    ["9223372036854775807", 9223372036854775807n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["42.0", 42n],
    ["1e3", 1000n],
    ["-0", 0n],
    ["9223372036854775808", undefined],
    ["9007199254740993.0", undefined],
    ["1e19", undefined],
    ["42.5", undefined],
    ['"42"', undefined],
    ["true", undefined],
  ])("%s as an integer is %s", (spelling, expected) => {
    expect(valueOf(eq("pages", spelling))).toEqual(expected ?? "filter.eq.value: expected an integer within 64 bits");
  });

  test.each([
    ["2026-01-02", "2026-01-02T00:00:00.000000Z"],
    ["2026-01-02T03:04:05", "2026-01-02T03:04:05.000000Z"],
    ["2026-01-02 03:04:05.1234567+05:30", "2026-01-01T21:34:05.123456Z"],
    ["1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"],
    ["0001-01-01T00:00:00+01:00", undefined],
    ["9999-12-31T23:59:59-01:00", undefined],
    ["2026-02-29", undefined],
    ["2026-01-02T24:00:00Z", undefined],
    ["2026-01-02T03:04:05+15:00", undefined],
    ["2026-1-2", undefined],
    ["1767323045", undefined],
    ["", undefined],
  ])("%s as a moment is %s", (moment, expected) => {
    const refused = expect.stringContaining("filter.eq.value: expected a moment") as string;
    expect(valueOf(eq("at", JSON.stringify(moment)))).toEqual(expected ?? refused);
  });

  test("may be as deep and as large as the limits and not a step more", () => {
    const nested = (depth: number) => `${'{"not":'.repeat(depth)}${eq("ok", "true")}${"}".repeat(depth)}`;
    expect(refusal(nested(maxFilterDepth))).toContain("passed");
    expect(refusal(nested(maxFilterDepth + 1))).toContain(`expected at most ${maxFilterDepth} levels`);
    const wide = (count: number) => `{"in":{"field":"pages","values":[${"1,".repeat(count - 1)}1]}}`;
    expect(refusal(wide(maxFilterParts - 1))).toContain("passed");
    expect(refusal(wide(maxFilterParts))).toContain(`expected at most ${maxFilterParts} operators and values`);
  });

  test("is a filter or a refusal with a path, whatever JSON it is", () => {
    const key = fc.constantFrom("and", "or", "not", "eq", "in", "range", "exists", "contains", "field", "value", "gte");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<unknown>("lang", "pages", "at", 1, 1.5, true, null, "2026-01-01"),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (json) => {
        expect(refusal(JSON.stringify(json))).toMatch(/^(passed|filter[a-z.[\]0-9]*): /);
      }),
      { numRuns: 2000 },
    );
  });
});
