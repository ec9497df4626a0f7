// What another version wrote: unknown fields are named and left out, and nothing else is forgiven.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { leftOutOf, parseKnown } from "./known-fields.ts";

const store = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("a"), size: z.int() }),
  z.strictObject({ kind: z.literal("b") }),
]);
const schema = z.strictObject({ store, steps: z.array(z.strictObject({ rate: z.number() })) });
const known = { store: { kind: "a" as const, size: 1 }, steps: [{ rate: 1 }, { rate: 2 }] };

describe("a value with fields of a newer version", () => {
  it("is read without them, at any depth, and they are named", () => {
    const newer = {
      ...known,
      colour: "green",
      store: { ...known.store, shard: { key: 1 } },
      steps: [known.steps[0], { rate: 2, note: "x" }],
    };
    const before = structuredClone(newer);
    const { data, unknown } = parseKnown(schema, newer);
    expect(data).toEqual(known);
    expect(unknown.toSorted()).toEqual(["colour", "steps.1.note", "store.shard"]);
    expect(newer).toEqual(before);
  });

  it("is read without those inside one of several forms, too", () => {
    const credential = z.union([z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })]);
    const form = z.strictObject({ credential: z.union([z.string(), credential]) });
    expect(parseKnown(form, { credential: { file: "x", mode: 7 } })).toEqual({
      data: { credential: { file: "x" } },
      unknown: ["credential.mode"],
    });
    expect(parseKnown(form, { credential: { file: 7, mode: 7 } }).data).toBeUndefined();
  });

  it("is none where what is known is damaged, however much is unknown", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (more) => {
        expect(parseKnown(schema, { ...more, store: known.store, steps: "none" }).data).toBeUndefined();
        expect(parseKnown(schema, { ...more, ...known }).data).toEqual(known);
      }),
    );
  });

  it.each([undefined, null, 7, []])("is none where %j came", (input) => {
    expect(parseKnown(schema, input)).toEqual({ data: undefined, unknown: [] });
  });
});

describe("what a reader that leaves unknown keys out has left out", () => {
  const open = z.object({ a: z.number(), list: z.array(z.object({ b: z.number().default(0) })) });

  it("is named once for all elements of a list, and is nothing where all was known", () => {
    const input = { a: 1, more: {}, list: [{ b: 1, x: 1 }, { x: 2 }, {}] };
    expect(leftOutOf(input, open.parse(input))).toEqual(["more", "list[].x"]);
    expect(leftOutOf({ a: 1, list: [{}] }, open.parse({ a: 1, list: [{}] }))).toEqual([]);
  });

  it("is everything that isn't in the value, whatever keys and depth", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(leftOutOf(value, value)).toEqual([]);
        expect(leftOutOf({ value }, {})).toEqual(["value"]);
      }),
    );
  });
});
