import { makeHashId } from "@retriever/stores/chunks/element-hash.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SeenIds } from "./seen-ids.ts";

const hashId = makeHashId([7, 11]);

function addTo(seen: SeenIds, id: string): boolean {
  const words = new Int32Array(4);
  const bytes = Buffer.from(id);
  hashId(bytes, 0, bytes.length, words);
  return seen.add(words[0] as number, words[1] as number);
}

test("every id that comes a second time is noticed, whatever came between", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 50 }), fc.option(fc.nat(100)), (ids, expected) => {
      const seen = new SeenIds(expected);
      const known = new Set<string>();
      for (const id of ids) {
        const isSeen = addTo(seen, id);
        expect(isSeen || !known.has(id)).toBe(true);
        known.add(id);
      }
    }),
  );
});

test("of a hundred thousand new ids hardly any seems to have come before", () => {
  const seen = new SeenIds(100_000);
  let mistaken = 0;
  for (let n = 0; n < 100_000; n += 1) if (addTo(seen, `chunk-${n}`)) mistaken += 1;
  expect(mistaken).toBeLessThan(400);
});
