import { timelineFigure } from "@retriever/operator/page/timeline-table.ts";
import { aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { viewMigration } from "#output/migration-view.ts";
import { liveTimeline } from "./live-timeline.ts";
import { joined, pointOfRecord, pointOfStatus, type TimelinePoint } from "./timeline-points.ts";

const begun = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number) => new Date(begun + seconds * 1000).toISOString();
const step = (seconds: number, phase: "WarmUp" | "Guard" | "RollingBack") => {
  return { at: at(seconds), phase, epoch: 1, reason: "Because", message: "" };
};

/** A record of counters, a minute each. */
const record = (minute: number, requests: number, errors: number) =>
  JSON.stringify({
    kind: "counters",
    at: at(minute * 60),
    epoch: 1,
    verdicts: [{ gate: "scoreDelta", value: 0.01 * minute, limit: 0.05 }],
    totals: { requests, errors },
  });

const view = viewMigration(
  aRawMigration(
    aStatus({
      phase: "RollingBack",
      plan: aPlanText(),
      history: [step(0, "WarmUp"), step(60, "Guard"), step(120, "RollingBack")],
    }),
  ),
);
const guarding = viewMigration(
  aRawMigration(aStatus({ phase: "Guard", plan: aPlanText(), history: [step(0, "WarmUp"), step(14_400, "Guard")] })),
);
const pointsOf = (lines: readonly string[]) => lines.flatMap((line) => pointOfRecord(line) ?? []);

test("charts show the gates, traffic and errors of the evidence over the phases, and a rollback as an alarm", () => {
  const points = pointsOf([record(0, 0, 0), record(1, 600, 6), record(2, 1800, 6)]);
  const data = liveTimeline(view, points, begun + 180_000);
  const values = Object.fromEntries(
    (data?.curves ?? []).map(({ name, points }) => [name, points.map(({ value }) => value)]),
  );
  expect(values).toMatchObject({
    scoreDelta: [0, 0.01, 0.02],
    traffic: [null, 10, 20],
    "live errors": [null, 0.01, 0],
  });
  expect(data?.stretches.map(({ phase, from, to }) => [phase, from, to])).toEqual([
    ["WarmUp", 0, 60],
    ["Guard", 60, 120],
    ["RollingBack", 120, 240],
  ]);
  expect(data?.serves.map(({ primary }) => primary)).toEqual(["source", "destination", "source"]);
  expect(data?.marks.map(({ kind }) => kind)).toEqual(["decision", "decision", "alarm"]);
});

test("charts show the recall of the whole evidence against the plan's limit, a gain as no loss", () => {
  const counted = (minute: number, recallLossSum: number) => {
    const totals = { requests: 600, errors: 0, recallSamples: 60, recallLossSum, recallGainSum: 0.6 };
    return JSON.stringify({ kind: "counters", at: at(minute * 60), epoch: 1, verdicts: [], totals });
  };
  const data = liveTimeline(view, pointsOf([record(0, 0, 0), counted(1, 3), counted(2, 0)]), begun + 180_000);
  const recall = data?.curves.find(({ name }) => name === "recall")?.points ?? [];
  expect(recall.map(({ value }) => value)).toEqual([null, 0.04, 0]);
  expect(recall.at(-1)).toMatchObject({ limit: 0.02 });
});

test("a day of evidence is drawn in less than 120 kB, and a minute without a step changes nothing of it", () => {
  const verdicts = ["scoreDelta", "scoreMean", "latencyDelta", "mismatch", "overlap", "shadowErrors", "sampleRatio"];
  const lines = Array.from({ length: 1440 }, (_, minute) =>
    JSON.stringify({
      kind: "counters",
      at: at(minute * 60),
      epoch: 1,
      verdicts: verdicts.map((gate, index) => ({ gate, value: ((minute * 7 + index) % 40) / 1000, limit: 0.05 })),
      totals: { requests: minute * 600, errors: minute },
    }),
  );
  const points = joined(pointsOf(lines), []);
  const drawn = (ms: number, more: readonly TimelinePoint[] = []) => {
    const data = liveTimeline(guarding, [...points, ...more], begun + 86_400_000 + ms);
    return data === undefined ? "" : timelineFigure(data, "").markup;
  };
  expect(Buffer.byteLength(drawn(0))).toBeLessThan(120_000);
  const newer = pointOfStatus(aStatus({ phase: "Guard" }), begun + 86_400_000 + 30_000);
  expect(drawn(59_000, [newer])).toBe(drawn(0));
  expect(drawn(60_000, [newer])).not.toBe(drawn(0));
});

test("a gate with a floor is drawn as what is lost, and one with two sides without a limit", () => {
  const verdicts = [
    { gate: "overlap", value: 0.9, limit: 0.6 },
    { gate: "sampleRatio", value: 0.1, limit: 0.1 },
  ];
  const points = pointsOf([JSON.stringify({ kind: "counters", at: at(0), epoch: 1, verdicts, totals: null })]);
  const drawn = liveTimeline(view, points, begun)?.curves ?? [];
  const pointOf = (gate: string) => drawn.find(({ name }) => name === gate)?.points[0];
  expect(pointOf("overlap")).toEqual({ seconds: 0, value: expect.closeTo(0.1), limit: expect.closeTo(0.4) });
  expect(pointOf("sampleRatio")).toEqual({ seconds: 0, value: 0.1 });
});

test("in the guard, where no gate is judged, charts show the shares that were counted, against the limits of the ramp", () => {
  const counters = (minute: number, answered: number, latencyWorse: number, epoch = 2) =>
    JSON.stringify({
      kind: "counters",
      at: at(minute * 60),
      epoch,
      verdicts: epoch === 1 ? [{ gate: "latencyDelta", value: 0.01, limit: 0.05 }] : [],
      totals: { requests: 0, errors: 0, answered, scoreWorse: 0, latencyWorse, mismatch: 0 },
    });
  const points = pointsOf([
    counters(0, 900, 9, 1),
    counters(1, 0, 0),
    counters(2, 100, 2),
    counters(3, 300, 202),
    counters(4, 310, 210),
  ]);
  const drawn = liveTimeline(view, points, begun + 300_000)?.curves.find(({ name }) => name === "latencyDelta");
  expect(drawn?.points.map(({ value, limit }) => [value, limit])).toEqual([
    [0.01, 0.05],
    [null, undefined],
    [0.02, 0.05],
    [1, 0.05],
    [null, undefined],
  ]);
});

test("counters of another epoch, that fall, or that nobody gave make no rate", () => {
  const status = aStatus({ phase: "Guard", epoch: 2 });
  const points = [...pointsOf([record(0, 900, 0), record(1, 600, 0)]), pointOfStatus(status, begun + 120_000)];
  const traffic = liveTimeline(view, points, begun)?.curves.find(({ name }) => name === "traffic");
  expect(traffic).toBeUndefined();
});

test("any text as a record is a point of finite numbers, or none", () => {
  const anything = fc.oneof(fc.string(), fc.json());
  fc.assert(
    fc.property(fc.array(anything), (lines) => {
      const data = liveTimeline(view, pointsOf(lines), begun + 1000);
      for (const { points } of data?.curves ?? []) {
        for (const { seconds, value } of points) expect([seconds, value ?? 0].every(Number.isFinite)).toBe(true);
      }
    }),
  );
});

test("however many points come, few are kept, in their order, and the newest always", () => {
  const point = (ms: number): TimelinePoint => ({
    ms,
    epoch: 1,
    sampleRate: 0,
    gates: [],
    recallLoss: null,
    requests: null,
    errors: null,
    samples: null,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2500 }), (count) => {
      let kept: readonly TimelinePoint[] = [];
      for (let ms = 0; ms < count; ms += 1) kept = joined(kept, [point(ms)]);
      expect(kept.length).toBeLessThanOrEqual(240);
      expect(kept.at(-1)?.ms).toBe(count - 1);
      expect(kept.map(({ ms }) => ms)).toEqual(kept.map(({ ms }) => ms).toSorted((a, b) => a - b));
    }),
    { numRuns: 20 },
  );
});
