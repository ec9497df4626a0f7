import fc from "fast-check";
import { expect, test } from "vitest";
import { ChunkPage } from "#chunks/chunk-page.ts";
import { digestPayload } from "#chunks/payload-digest.ts";
import { oddMoments } from "#ports/chunk-store.ts";
import { makeSpec } from "#test/spec.ts";
import { epochMs, readMoment } from "#values/time.ts";
import { momentIn } from "./moment-text.ts";
import { placesOf, readScroll } from "./scroll-page.ts";

const spec = makeSpec("qdrant", { url: "http://localhost", collection: "c" });
const fields = { places: placesOf(spec, ["lang", "meta.pages"]), vectorName: undefined };
const moment = fc.date({ min: new Date("1971-01-01"), max: new Date("2199-01-01"), noInvalidDate: true });
const payload = fc.record(
  {
    chunk_id: fc.oneof(fc.string({ minLength: 1, unit: "binary" }), fc.nat(1e9)),
    updated_at: fc.oneof(
      moment.map((date) => date.toISOString()),
      fc.constant(null),
      fc.integer(),
      fc.constant([]),
    ),
    entity_id: fc.string(),
    namespace: fc.string({ unit: "binary" }),
    lang: fc.jsonValue({ maxDepth: 1 }),
    meta: fc.record({ pages: fc.nat(), more: fc.jsonValue({ maxDepth: 2 }) }),
    'other "key"': fc.jsonValue({ maxDepth: 2 }),
  },
  { requiredKeys: [] },
);
const point = fc.record({
  id: fc.oneof(fc.uuid(), fc.nat()),
  payload,
  vector: fc.constant([1, 2.5]),
});

function timeOf(updatedAt: unknown): number {
  if (updatedAt === null || updatedAt === undefined) return Number.NaN;
  if (typeof updatedAt === "number") return epochMs(updatedAt);
  return typeof updatedAt === "string" ? readMoment(updatedAt) : oddMoments.unreadable;
}

test("a page is read as JSON.parse reads it, in any order of its members and with any white space", () => {
  fc.assert(
    fc.property(
      fc.array(point, { maxLength: 8 }),
      fc.constantFrom(undefined, 1, "\t\n "),
      fc.boolean(),
      (points, space, isTurned) => {
        const body = {
          result: { points: points.map((each) => (isTurned ? turn(each) : each)), next_page_offset: null },
          status: "ok",
        };
        const text = JSON.stringify(isTurned ? turn(body) : body, null, space);
        const page = new ChunkPage({ level: "vector", pageSize: 8, dimension: 2 });
        const namespaces: (string | null)[] = [];
        expect(readScroll(Buffer.from(text), page, fields, (namespace) => namespaces.push(namespace))).toBeNull();
        expect(page.count).toBe(points.length);
        for (const [row, { id, payload: held }] of points.entries()) {
          expect(page.idAt(row)).toBe(wellFormed(String(held.chunk_id ?? id)));
          expect(page.updatedAtMs[row]).toBe(timeOf(held.updated_at));
          expect(namespaces[row]).toBe(held.namespace ?? null);
          const digest = digestPayload(held.entity_id, held.namespace, [held.lang, held.meta?.pages]);
          expect([...(page.payloadDigests?.subarray(row * 2, row * 2 + 2) ?? [])]).toEqual([...digest]);
          expect([...(page.vectors?.subarray(row * 2, row * 2 + 2) ?? [])]).toEqual([1, 2.5]);
        }
      },
    ),
  );
});

test("points in Qdrant's own form, read in place, are what the same points are with white space, at every level below payloads", () => {
  const own = fc.record(
    {
      chunk_id: fc.oneof(fc.string({ minLength: 1 }), fc.string({ minLength: 1, unit: "binary" }), fc.nat(1e9)),
      updated_at: fc.oneof(
        moment.map((date) => date.toISOString()),
        moment.map((date) => `${date.toISOString().slice(0, 19)}Z`),
        moment.map((date) => date.toISOString().slice(0, 10)),
        fc.constantFrom("soon", "", '"', "2026-01-31T12:00:00+02:00"),
        fc.constant(null),
      ),
    },
    { requiredKeys: [] },
  );
  const points = fc.array(
    fc.tuple(fc.oneof(fc.uuid(), fc.nat()), own, fc.boolean()).map(([id, held, isTurned]) => ({
      id,
      payload: isTurned ? turn(held) : held,
    })),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(points, fc.constantFrom("ids" as const, "fresh" as const), (all, level) => {
      const body = { result: { points: all, next_page_offset: null }, status: "ok" };
      const [plain, walked] = [undefined, 1].map((space) => {
        const page = new ChunkPage({ level, pageSize: 8, dimension: 0 });
        readScroll(Buffer.from(JSON.stringify(body, null, space)), page, fields);
        const ids = Array.from({ length: page.count }, (_, row) => page.idAt(row));
        return {
          ids,
          moments: page.updatedAtMs.slice(0, page.count),
          seconds: [page.milliseconds, page.seconds, page.days],
        };
      });
      expect(plain).toEqual(walked);
      expect(plain?.ids).toEqual(all.map(({ id, payload: held }) => wellFormed(String(held.chunk_id ?? id))));
    }),
    { numRuns: 300 },
  );
});

/** UTF-8 has no lone surrogates. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function turn<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).toReversed()) as T;
}

test.each(["null", "7", '"0b6f3c1e-0000-4000-8000-000000000000"', "18446744073709551615"])(
  "the next page's offset %s is kept to the last digit",
  (offset) => {
    const page = new ChunkPage({ level: "ids", pageSize: 1, dimension: 0 });
    const text = `{"result":{"next_page_offset": ${offset} ,"points":[{"id":18446744073709551615}]}}`;
    expect(readScroll(Buffer.from(text), page, fields)).toBe(offset === "null" ? null : offset);
    expect(page.idAt(0)).toBe("18446744073709551615");
  },
);

test("text cut anywhere is refused, never read as a shorter page", () => {
  const text = '{"result":{"points":[{"id":1,"payload":{"chunk_id":"a\\"b"}}],"next_page_offset":null}}';
  for (let length = 0; length < text.length; length += 1) {
    const page = new ChunkPage({ level: "payload", pageSize: 1, dimension: 0 });
    expect(() => readScroll(Buffer.from(text.slice(0, length)), page, fields)).toThrow();
  }
});

test("a moment in the usual form is what the parser says, and no other form is taken for one", () => {
  fc.assert(
    fc.property(moment, fc.constantFrom(0, 1, 2, 3, 6, 9), (date, digits) => {
      const [whole = "", fraction = ""] = date.toISOString().slice(0, -1).split(".");
      const text = digits === 0 ? `${whole}Z` : `${whole}.${fraction.padEnd(9, "7").slice(0, digits)}Z`;
      const time = momentIn(`--${text}--`, 2, 2 + text.length);
      const isLeft = Number.isNaN(time) && (date.getUTCDate() > 28 || digits > 6);
      expect(isLeft || time === readMoment(text)).toBe(true);
    }),
  );
  for (const text of [
    "2026-01-01T00:00:00+00:00",
    "2026-01-01",
    "",
    "2026-01-01T00:00:0xZ",
    "2026-13-01T00:00:00Z",
    "2026-01-01T25:00:00Z",
  ]) {
    expect(momentIn(text, 0, text.length)).toBeNaN();
  }
});

test.each(["[null,1]", "[[1,2],[3,4]]", "[1,2,3]", '{"text":[1,2]}'])(
  "a vector %s that isn't the numbers which are compared is named with its point, and is no other vector",
  (vector) => {
    const text = `{"result":{"points":[{"id":7,"payload":{},"vector":${vector}}],"next_page_offset":null}}`;
    const page = new ChunkPage({ level: "vector", pageSize: 1, dimension: 2 });
    expect(() => readScroll(Buffer.from(text), page, fields)).toThrow(
      /expected 2 finite numbers .* the point 7 has something else/,
    );
  },
);

test.each(["{}", "null"])("a point whose vector is %s has none", (vector) => {
  const text = `{"result":{"points":[{"id":7,"payload":{},"vector":${vector}}],"next_page_offset":null}}`;
  const page = new ChunkPage({ level: "vector", pageSize: 1, dimension: 2 });
  readScroll(Buffer.from(text), page, fields);
  expect([...page.lastVector()]).toEqual([Number.NaN, Number.NaN]);
});

test.each([
  ["by the empty name beside others", '{"":[1,2],"words":{"indices":[1],"values":[0.5]}}', undefined],
  ["by its own name beside others", '{"text":[1,2],"":[3,4]}', "text"],
])("a vector that stands %s is read", (_, vector, vectorName) => {
  const text = `{"result":{"points":[{"id":7,"payload":{},"vector":${vector}}],"next_page_offset":null}}`;
  const page = new ChunkPage({ level: "vector", pageSize: 1, dimension: 2 });
  readScroll(Buffer.from(text), page, { ...fields, vectorName });
  expect([...page.lastVector()]).toEqual([1, 2]);
});
