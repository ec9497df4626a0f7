// What may be lost with processes is never less than what is: whenever the operator looked, wrote, was away, or the pod died.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import { keptSeconds } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aPod, type PodBuilder } from "#test/builders/world.ts";
import { foldEvidence } from "./epoch-evidence.ts";
import { knownProcesses } from "./processes.ts";

const epoch = 5;
const origin = 1_772_366_400;

/** A pod that has counted so many samples a second since the origin, as it tells it so many seconds later. */
function telling(name: string, perSecond: number, seconds: number): PodBuilder {
  const windows = [15, 60, 300].map((span) => {
    const coveredSeconds = Math.min(span, seconds);
    return {
      seconds: span,
      offsetSeconds: 0,
      coveredSeconds,
      counters: someCounters({ answered: perSecond * coveredSeconds }),
    };
  });
  const closedAt = Math.floor((origin + seconds) / 10) * 10;
  const bins = closedAt > origin ? [{ at: closedAt - 10, counters: someCounters(), slices: [] }] : [];
  return aPod(name).saying((status) => ({ evidence: { ...status.evidence, epoch, windows, bins, closedAt } }));
}

type Reading = { readonly seconds: number; readonly isWritten: boolean };
type Story = { readonly rates: readonly number[]; readonly readings: readonly Reading[]; readonly silent: number };

function fold(before: EpochEvidence | undefined, pods: readonly PodBuilder[], seconds: number): EpochEvidence {
  const now = origin + seconds;
  const listed = pods.map((pod) => pod.build());
  return foldEvidence(before, { epoch, listed, recordedAt: new Date(now * 1000).toISOString(), now });
}

/** The first pod dies between the last two readings, or falls silent before; what is written is what is known of it. */
function play({ rates, readings, silent }: Story) {
  let written: EpochEvidence | undefined;
  let seconds = 0;
  for (const [index, reading] of readings.entries()) {
    seconds += reading.seconds;
    const now = seconds;
    const pods = rates.map((rate, pod) => telling(`pod-${pod}`, rate, now));
    const heard = index >= readings.length - silent ? [pods[0]?.silent(), ...pods.slice(1)] : pods;
    const next = fold(
      written,
      heard.flatMap((pod) => (pod === undefined ? [] : [pod])),
      now,
    );
    if (reading.isWritten || written === undefined) written = next;
  }
  return { written, seconds };
}

const rate = fc.constantFrom(0.05, 1, 10, 200);
const readings = fc.array(
  fc.record({ seconds: fc.oneof(fc.constant(5), fc.integer({ min: 1, max: 800 })), isWritten: fc.boolean() }),
  {
    minLength: 2,
    maxLength: 8,
  },
);

const story = fc.record({
  perSecond: rate,
  count: fc.integer({ min: 2, max: 6 }),
  readings,
  silent: fc.nat(1),
  away: fc.integer({ min: 1, max: 900 }),
});

it("what may be lost bounds what is, and isn't much more than what could be", () => {
  fc.assert(
    fc.property(story, ({ perSecond, count, readings: told, silent, away }) => {
      const rates = Array.from({ length: count }, () => perSecond);
      const { written, seconds } = play({ rates, readings: told, silent });
      const end = seconds + away;
      const left = rates.slice(1).map((one, pod) => telling(`pod-${pod + 1}`, one, end));
      const until = knownProcesses(written, epoch)("uid-pod-0")?.binsUntil ?? 0;
      const gone = fold(written, left, end);
      // It may have died right before the last reading; sidecars remember no more than they keep.
      const most = perSecond * Math.min(keptSeconds, end - Math.max(0, until - origin));
      expect(gone.lost).toBeGreaterThanOrEqual(most * 0.999);
      expect(gone.lost).toBeLessThanOrEqual(10 * Math.max(most, 15 * perSecond));
    }),
    { seed: 18, numRuns: 300 },
  );
});

it("half of a fleet that is scaled away while the operator is away for ten minutes loses what it counted meanwhile", () => {
  const fleet = (count: number, seconds: number) =>
    Array.from({ length: count }, (_, pod) => telling(`pod-${pod}`, 10, seconds));
  const before = fold(undefined, fleet(10, 600), 600);
  const after = fold(before, fleet(5, 1200), 1200);
  expect(after.lost).toBeGreaterThanOrEqual(5 * 10 * 600);
  expect(after.lost).toBeLessThan(1.1 * 5 * 10 * 600);
});

it("a pod that goes 50 s after the last write loses what it counted since", () => {
  const before = fold(undefined, [telling("a", 10, 60), telling("b", 10, 60)], 60);
  expect(fold(before, [telling("b", 10, 110)], 110).lost).toBeGreaterThanOrEqual(500);
});
