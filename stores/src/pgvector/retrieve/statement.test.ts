import fc from "fast-check";
import { expect, test } from "vitest";
import { type BackendRequest, exactTimeoutMs } from "#ports/backend.ts";
import { requestOf } from "#test/requests.ts";
import { makeSpec } from "#test/spec.ts";
import { makeVectorQuery } from "./statement.ts";

const spec = makeSpec("pgvector", {
  connectionString: "postgres://u:p@127.0.0.1:9/d",
  metadataColumns: ["lang", "pages", "tags"],
  fields: { text: "body" },
});
type Shape = Parameters<ReturnType<typeof makeVectorQuery>>[0];
const shape: Shape = {
  extension: '"public"',
  vectorType: "vector",
  cast: null,
  mostFound: 40,
  momentKind: "time",
  mayLackIds: false,
  columns: new Map(),
  jsonColumns: new Set(),
};
const shapes: readonly Shape[] = [
  shape,
  { ...shape, mayLackIds: true },
  { ...shape, cast: { type: "halfvec", dimension: 2 } },
];

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const requests = fc.record({
  shape: fc.constantFrom(...shapes),
  k: fc.integer({ min: 1, max: 100 }),
  isExact: fc.boolean(),
  namespace: optional(fc.constantFrom("a", "b")),
  filters: optional(fc.dictionary(fc.constantFrom("lang", "pages"), fc.constantFrom<string | number>("en", "'", 7))),
  content: optional(fc.record({ text: fc.boolean(), metadata: fc.subarray(["lang", "pages", "tags"]) })),
});

test("a query is the same whatever was asked before it", () => {
  fc.assert(
    fc.property(fc.array(requests, { maxLength: 30 }), (asked) => {
      const makeQuery = makeVectorQuery(spec);
      for (const { shape: its, isExact, content, ...body } of asked) {
        const request: BackendRequest = {
          ...requestOf({ embedding: [1, 2], ...body }),
          content,
          ...(isExact ? { isExact, timeoutMs: exactTimeoutMs } : {}),
        };
        expect(makeQuery(its, request)).toEqual(makeVectorQuery(spec)(its, request));
      }
    }),
  );
});
