import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aDraft } from "#test/builders/evidence.ts";
import { aStatus } from "#test/builders/migration.ts";
import { actorsOf, canonicalJson, chainStart, changeOf, hashOf, printRecord, seal } from "./audit-record.ts";

describe("a record", () => {
  test("read and printed again is the same text with the same hash", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, seq) => {
        const draft = aDraft({ totals: value as never });
        const record = seal(draft, { ...chainStart, seq });
        const again = JSON.parse(printRecord(record)) as typeof record;
        expect(printRecord(again)).toBe(printRecord(record));
        expect(hashOf(again)).toBe(record.hash);
      }),
    );
  });

  test("of other content, or behind another record, has another hash", () => {
    const record = seal(aDraft(), chainStart);
    expect(seal(aDraft({ epoch: 4 }), chainStart).hash).not.toBe(record.hash);
    expect(seal(aDraft(), { seq: 0, hash: "1".repeat(64) }).hash).not.toBe(record.hash);
    expect(seal(aDraft(), { ...chainStart, seq: 1 }).hash).not.toBe(record.hash);
  });
});

test("the same data is the same text whatever the order of its members", () => {
  expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: "x" })).toBe(canonicalJson({ a: "x", b: [{ d: 1 }] }));
  expect(canonicalJson([undefined, Number.NaN])).toBe("[null,null]");
});

test("a change of a status names what was set and what is gone, and nothing else", () => {
  const before = aStatus({ phase: "Guard", cutoverAt: "2026-01-01T00:00:00Z", message: "same" });
  const { cutoverAt: _gone, ...rest } = before;
  expect(changeOf(before, { ...rest, phase: "Completed" })).toEqual({
    set: { phase: "Completed" },
    unset: ["cutoverAt"],
  });
  expect(changeOf(before, { ...before, rollback: undefined })).toEqual({ set: {}, unset: [] });
});

test("what isn't there at all is the text null", () => {
  expect(canonicalJson(undefined)).toBe("null");
});

describe("the people of a decision", () => {
  const act = (uid: string) => ({
    name: uid,
    uid,
    createdAt: 0,
    act: "Pause",
    actor: `by ${uid}`,
    reason: "r",
    planHash: null,
    expiresAt: null,
  });
  const acts = { ok: true, value: [act("a"), act("b"), act("c")] };
  const having = (...seen: string[]) => aStatus({ acts: { paused: false, seen } });
  const people = (observed: object, before: typeof seenNone, after: typeof seenNone) =>
    actorsOf({ acts: observed } as never, before, after).map(({ actor }) => actor);
  const seenNone = aStatus();

  test("are those whose acts it was the first to see", () => {
    expect(people(acts, having("a"), having("a", "b"))).toEqual(["by b"]);
    expect(people(acts, seenNone, having("a", "c"))).toEqual(["by a", "by c"]);
    expect(people(acts, having("a"), having("a"))).toEqual([]);
    expect(people(acts, seenNone, seenNone)).toEqual([]);
  });

  test("are nobody where the acts can't be read", () => {
    expect(people({ ok: false, why: "timed out" }, seenNone, having("a"))).toEqual([]);
  });
});
