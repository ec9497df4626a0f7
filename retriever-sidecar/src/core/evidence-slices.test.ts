import fc from "fast-check";
import { expect, test } from "vitest";
import { latencyEdgesMs, maxCountedSlices, noSliceCounters } from "#contract/evidence.ts";
import { makeSliceTable } from "./evidence-slices.ts";

const namesIn = (table: ReturnType<typeof makeSliceTable>, slot = 0) =>
  table
    .read(slot)
    .map((slice) => slice.namespace)
    .toSorted();

test("requests and samples count for their namespace in their bin, a timeout as the shadow's error", () => {
  const table = makeSliceTable(2);
  table.add("a", { requests: 1, errors: 1 }, 0);
  table.add("b", { requests: 1, latencyMs: 5 }, 0);
  table.add("a", { requests: 1 }, 1);
  for (const increment of [{ shadowTimeouts: 1 }, { shadowErrors: 1 }, { answered: 1, mismatch: 1, scoreWorse: 1 }]) {
    table.add("a", increment, 1);
  }
  table.add("a", { failedChecked: 1, failedWorse: 1 }, 1);
  const none = noSliceCounters();
  const at5 = latencyEdgesMs.map((edge) => Number(edge === 5)).concat(0);
  expect(table.read(0)).toEqual([
    { namespace: "a", counters: { ...none, requests: 1, errors: 1 } },
    { namespace: "b", counters: { ...none, requests: 1, latencyBuckets: at5 } },
  ]);
  const counted = {
    ...none,
    failedChecked: 1,
    failedWorse: 1,
    answered: 1,
    shadowErrors: 2,
    scoreWorse: 1,
    mismatch: 1,
  };
  expect(table.read(1)).toEqual([{ namespace: "a", counters: { ...counted, requests: 1, errors: 0 } }]);
  table.clear(1);
  expect(table.read(1)).toEqual([]);
  expect(namesIn(table)).toEqual(["a", "b"]);
});

test("empty and slow answers count for their namespace, of both stores, so that they can be told from all others'", () => {
  const table = makeSliceTable(1);
  table.add("slow", { requests: 1, latencyMs: 9000 }, 0);
  table.add("slow", { answered: 1, latencyWorse: 1, shadowMs: 3 }, 0);
  table.add("empty", { requests: 1, empty: 1, latencyMs: 3 }, 0);
  table.add("empty", { answered: 1, emptyWorse: 1, latencyBetter: 1, shadowMs: 9000 }, 0);
  const [fast, slow] = [3, 9000].map((ms) =>
    latencyEdgesMs.map((edge) => Number(ms === 3 && edge === 5)).concat(Number(ms === 9000)),
  );
  const one = { ...noSliceCounters(), requests: 1, answered: 1 };
  expect(table.read(0)).toEqual([
    { namespace: "slow", counters: { ...one, latencyWorse: 1, latencyBuckets: slow, shadowLatencyBuckets: fast } },
    {
      namespace: "empty",
      counters: {
        ...one,
        empty: 1,
        emptyWorse: 1,
        latencyBetter: 1,
        latencyBuckets: fast,
        shadowLatencyBuckets: slow,
      },
    },
  ]);
});

test("recall and content count for their namespace in fractions of a sample, in its bin alone", () => {
  const table = makeSliceTable(2);
  table.add("a", { requests: 1 }, 0);
  const recall = { recallSamples: 1, recallLossSum: 0.25, recallSquaresSum: 0.0625 };
  const content = { contentSamples: 1, contentMissingSum: 0.5, contentDifferentSum: 0.125 };
  for (const increment of [recall, recall, content]) table.add("a", increment, 0);
  const sums = { ...content, recallSamples: 2, recallLossSum: 0.5, recallSquaresSum: 0.125 };
  expect(table.read(0)).toEqual([{ namespace: "a", counters: { ...noSliceCounters(), requests: 1, ...sums } }]);
  expect(table.read(1)).toEqual([]);
});

test("a namespace with more than its share of the requests is never pushed out, however many others come", () => {
  const others = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 500, maxLength: 1500 });
  fc.assert(
    fc.property(others, (rest) => {
      const table = makeSliceTable(1);
      let busy = 0;
      for (const [index, other] of rest.entries()) {
        table.add(`other-${other}`, { requests: 1 }, 0);
        if (index % 40 !== 0) continue;
        table.add("busy", { requests: 1 }, 0);
        busy += 1;
      }
      const counters = table.read(0).find((slice) => slice.namespace === "busy")?.counters;
      expect(table.read(0).length).toBeLessThanOrEqual(maxCountedSlices);
      expect(counters?.requests).toBe(busy);
    }),
    { numRuns: 30 },
  );
});

test("a namespace that takes another's place has none of what that one counted, and samples take no place", () => {
  const table = makeSliceTable(1);
  for (let index = 0; index < maxCountedSlices; index += 1) {
    for (let times = 0; times <= index; times += 1) table.add(`${index}`, { requests: 1 }, 0);
  }
  table.add("new", { answered: 1, mismatch: 1 }, 0);
  expect(namesIn(table)).not.toContain("new");
  table.add("new", { requests: 1 }, 0);
  expect(namesIn(table)).not.toContain("0");
  const counters = table.read(0).find((slice) => slice.namespace === "new")?.counters;
  expect(counters).toMatchObject({ requests: 1, mismatch: 0 });
});
