// Which payload indexes a filter's conditions want: strict mode refuses what it finds none of for.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Field, type FieldType, placeByName } from "#config/filterable.ts";
import type { Condition, Filter, FilterValue } from "#ports/filter.ts";
import { conditionsOf } from "./conditions.ts";

type Sent = {
  readonly key?: string;
  readonly match?: { readonly value?: unknown; readonly any?: readonly unknown[] };
  readonly range?: object;
  readonly must?: readonly Sent[];
  readonly should?: readonly Sent[];
  readonly must_not?: readonly Sent[];
};

/** Types of indexes one of which each condition on a key wants, as Qdrant infers them of its values. */
function wanted(sent: Sent): (readonly string[])[] {
  const { key, match, range, must = [], should = [], must_not = [] } = sent;
  if (key === undefined) return [...must, ...should, ...must_not].flatMap(wanted);
  if (range !== undefined) {
    return [Object.values(range).some((bound) => typeof bound === "string") ? ["datetime"] : ["integer", "float"]];
  }
  const values = match?.any ?? [match?.value];
  // An empty list is read as one of texts.
  if (values.length > 0 && values.every((value) => typeof value === "boolean")) return [["bool"]];
  if (values.length > 0 && values.every((value) => typeof value !== "string")) return [["integer"]];
  return [values.every(isUuid) ? ["uuid", "keyword"] : ["keyword"]];
}

function isUuid(value: unknown): boolean {
  return /^[0-9a-f-]{36}$/i.test(String(value));
}

const values: Readonly<Record<FieldType, fc.Arbitrary<FilterValue>>> = {
  keyword: fc.oneof(fc.string({ maxLength: 3 }), fc.uuid()),
  integer: fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: fc.boolean(),
  moment: fc.constantFrom("2026-01-01T00:00:00.000000Z", "0001-01-01T00:00:00.000000Z"),
};
const served = [
  ["keyword", "keyword"],
  ["keyword", "uuid"],
  ["integer", "integer"],
  ["float", "float"],
  ["boolean", "bool"],
  ["moment", "datetime"],
] as const;

function conditions(type: FieldType): fc.Arbitrary<Filter> {
  const field: Field = { name: "f", type, isList: false };
  const bounds = fc.record(
    { gt: values[type], gte: values[type], lt: values[type], lte: values[type] },
    { requiredKeys: [] },
  );
  const range = bounds.map(
    ({ gt, gte, lt, lte }): Condition => ({
      op: "range",
      field,
      bounds: {
        ...(gt === undefined ? { gte: gte ?? 0n } : { gt }),
        ...(lt === undefined ? { lte: lte ?? 0n } : { lt }),
      },
    }),
  );
  const among = fc.array(values[type], { maxLength: 3 }).map((list): Condition => ({ op: "in", field, values: list }));
  const one = type === "keyword" || type === "boolean" ? among : fc.oneof(among, type === "integer" ? range : among);
  return fc.oneof(
    one,
    one.map((of): Filter => ({ op: "not", of })),
    fc.array(one, { minLength: 1, maxLength: 3 }).map((of): Filter => ({ op: "or", of })),
  );
}

test.each(served)("whatever a field of %s is asked for, its index of type %s serves it", (type, index) => {
  const places = { placeOf: placeByName, isUuid: () => index === "uuid" };
  fc.assert(
    fc.property(conditions(type), (filter) => {
      const sent = JSON.parse(JSON.stringify(conditionsOf(filter, places))) as readonly Sent[];
      for (const types of sent.flatMap(wanted)) expect(types).toContain(index);
    }),
    { numRuns: 500 },
  );
});
