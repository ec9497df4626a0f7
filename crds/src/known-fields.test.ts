// What another version wrote: unknown fields are named and left out, and nothing else is forgiven.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseKnown } from "./known-fields.ts";
import { migrationStatusSchema } from "./status/migration-status.ts";

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

it("a status that the first release wrote is read, and loses nothing", () => {
  const text = readFileSync(new URL("../test/first-release-status.json", import.meta.url), "utf8");
  const { data, unknown } = parseKnown(migrationStatusSchema, JSON.parse(text));
  expect(unknown).toEqual([]);
  expect(data).toMatchObject(JSON.parse(text));
});
