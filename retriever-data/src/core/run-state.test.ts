// How many ids a store holds more than once: all of them are counted, however few are listed and however they were found.
import { mostDoubled } from "@retriever/sidecar/contract/verify-report.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addDoubled, addFoundDoubled, beginRun, restartBy } from "./run-state.ts";

const scope = { level: "fresh", since: null, partition: null, sample: 1, lagSeconds: 5 } as never;
const begin = () => beginRun({ scope, startedAtMs: 0, seed: [1, 2], cells: 30 });
const idsOf = (count: number, prefix = "id"): string[] => Array.from({ length: count }, (_, at) => `${prefix}-${at}`);

test("ids that a scan gives and look-ups find again are counted once, in pages of any size and beyond the list", () => {
  const most = mostDoubled * 3;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: most }),
      fc.integer({ min: 1, max: 700 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (count, page, share) => {
        const held = begin().doubled.source;
        const ids = idsOf(count);
        for (let start = 0; start < count; start += page) addDoubled(held, ids.slice(start, start + page));
        addFoundDoubled(held, new Set(ids.filter((_, at) => at < count * share)));
        expect(held).toEqual({ count, ids: ids.slice(0, mostDoubled) });
      },
    ),
    { numRuns: 50 },
  );
});

test("a store whose scan sees none is counted by its look-ups, a second time as well, and a pass that is read again anew", () => {
  const state = begin();
  const found = new Set(idsOf(mostDoubled + 500));
  addFoundDoubled(state.doubled.destination, found);
  addFoundDoubled(state.doubled.destination, found);
  expect(state.doubled.destination.count).toBe(mostDoubled + 500);
  expect(state.doubled.destination.ids).toHaveLength(mostDoubled);
  addDoubled(state.doubled.source, idsOf(3));
  restartBy(state, "second");
  addDoubled(state.doubled.source, idsOf(3));
  addFoundDoubled(state.doubled.source, new Set(idsOf(1, "other")));
  expect(state.doubled.source).toEqual({ count: 4, ids: [...idsOf(3), "other-0"] });
});
