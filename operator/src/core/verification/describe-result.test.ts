import { expect, test } from "vitest";
import { aResult, someCounts } from "#test/builders/verification.ts";
import { describeResult } from "./describe-result.ts";

test.each<[string, Parameters<typeof aResult>[0], string]>([
  ["equal stores", {}, "no chunk differs"],
  [
    "equal stores, and how much was read",
    { read: { source: 12, destination: 11 } },
    "no chunk differs (12 read at the source, 11 at the destination)",
  ],
  ["a lag", { counts: someCounts({ lagging: 3 }) }, "no chunk differs; 3 more are explained by the lag"],
  ["one difference", { counts: someCounts({ stale: 1 }) }, "1 chunk differs: 1 stale"],
  [
    "all there is to say",
    {
      counts: someCounts({ missing: 10, stale: 2, lagging: 1 }),
      read: { source: 20, destination: 10 },
      newestDifferenceAt: "2026-03-01T12:00:00Z",
      ids: ["a", "b", "c", "d"],
      report: "docs-drift",
    },
    "12 chunks differ: 10 missing, 2 stale (20 read at the source, 10 at the destination); 1 more are explained by " +
      "the lag; the newest of 2026-03-01T12:00:00Z; e.g. a, b, c; report in ConfigMap docs-drift",
  ],
])("a result is told in one sentence: %s", (_, more, words) => {
  expect(describeResult(aResult(more))).toBe(words);
});

test("a result without counts says that nothing was compared", () => {
  const { counts: _counts, ...countless } = aResult();
  expect(describeResult(countless)).toBe("nothing was compared");
});
