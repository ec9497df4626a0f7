import { migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { noCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { searchSpec } from "#test/builders/search-app.ts";
import { timelineOf } from "./report-timeline.ts";

const plan = migrationSpecSchema.parse(searchSpec);

function timeline(counts: readonly { readonly ms: number; readonly epoch: number }[]) {
  const counted = counts.map((count) => ({ ...count, totals: noCounters(), gates: [] }));
  const status = migrationStatusSchema.parse({});
  return timelineOf(plan, { status, steps: [], counts: counted, story: [], fromMs: 0, seconds: 600 });
}

test("counts of an epoch whose clock was set back before the next one began end in a timeline", () => {
  const counts = [
    { ms: 600_000, epoch: 5 },
    { ms: 0, epoch: 5 },
    { ms: 60_000, epoch: 6 },
  ];
  expect(timeline(counts).curves.find(({ name }) => name === "score")?.points).toHaveLength(3);
});

test("counts in any order of times and epochs end in a timeline with no rate below zero", () => {
  const count = fc.record({ ms: fc.integer({ min: 0, max: 3_600_000 }), epoch: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(count, { maxLength: 30 }), (counts) => {
      const values = timeline(counts).curves.flatMap(({ points }) => points.map(({ value }) => value ?? 0));
      expect(Math.min(0, ...values)).toBe(0);
    }),
  );
});
