import { describe, expect, it } from "vitest";
import { isMet, printRows, type Row, summaryOf } from "../report/rows.ts";
import { acknowledgeRow, busyRows, manyRow, memoryRow, takeoverRow } from "./report.ts";

const trial = { late: [], lowering: [], stoppedAt: "PUT /x", takeoverMs: 2100, sentAfter: 0 };
const lateWrite = { user: "old", object: "configmaps a/b", epoch: 1 };
const figures = {
  requeueMs: [3000, 4000],
  keptMib: { none: 30, few: 31, many: 33 },
  idle: { rssMib: 150, minutes: 0.5, grown: new Map<string, number>(), beyond: 0 },
};

describe("the row of acknowledgements", () => {
  it("is the slowest run, and met only with as many pods as demanded", () => {
    const all = acknowledgeRow({ intentToAllMs: [900, 2500], pods: 50 }, 50);
    expect(all.parts[0]).toMatchObject({ value: 2.5, n: 2, verdict: "met" });
    expect(isMet(acknowledgeRow({ intentToAllMs: [900], pods: 20 }, 50))).toBe(false);
    expect(isMet(acknowledgeRow({ intentToAllMs: [], pods: 50 }, 50))).toBe(false);
    expect(isMet(acknowledgeRow({ intentToAllMs: [15_001], pods: 50 }, 50))).toBe(false);
  });
});

describe("the row of takeovers", () => {
  it("counts the writes of all trials, and one is too many", () => {
    const clean = { trials: [trial, trial], voided: [] };
    expect(isMet(takeoverRow(clean, 2))).toBe(true);
    const stained = { trials: [trial, { ...trial, late: [lateWrite, lateWrite] }], voided: ["no stop"] };
    const row = takeoverRow(stained, 2);
    expect(row.parts[0]).toMatchObject({ value: 2, n: 2, verdict: "missed" });
    expect(row.parts.at(-1)).toMatchObject({ value: 1, n: 3, goal: null });
    expect(isMet(takeoverRow({ ...clean, trials: [{ ...trial, lowering: [lateWrite] }, trial] }, 2))).toBe(false);
  });

  it("of fewer trials than demanded proves nothing", () => {
    expect(takeoverRow({ trials: [trial], voided: [] }, 200).parts[0]?.verdict).toBe("not measurable");
  });
});

describe("the row of many migrations", () => {
  it("takes the slowest start, the slope between two sizes, and requests per migration and minute", () => {
    const row = manyRow({ ...figures, idle: { ...figures.idle, beyond: 100 } }, { few: 200, many: 1000 });
    expect(row.parts.map(({ value, verdict }) => [value, verdict])).toEqual([
      [4, "met"],
      [2.5, "met"],
      [3, null],
      [1, "missed"],
    ]);
  });

  it("of fewer than a thousand proves nothing", () => {
    expect(manyRow(figures, { few: 50, many: 200 }).parts[0]?.verdict).toBe("not measurable");
  });
});

describe("the report", () => {
  const rows = [manyRow(figures, { few: 200, many: 1000 }), memoryRow(figures, 200)];

  it("prints every part of every row", () => {
    const lines = printRows(rows).split("\n");
    expect(lines.filter((line) => /K5|K7/.test(line)).length).toBe(5);
  });

  it("tells programs the first figure of each row and whether all of it is met", () => {
    expect(summaryOf(rows)).toMatchObject({
      K5: { value: 4, goal: 5, n: 1000, ok: true },
      K7: { value: 150, goal: 200, n: 200, ok: true },
    });
  });
});

describe("the rows of busy migrations", () => {
  const measured = {
    requestsPerSecond: 20,
    requests: new Map<string, number>(),
    reconcileSeconds: [3, 2, 3.5],
    stallMs: 20,
  };
  const sizes = { idle: 200, sampling: 50, pods: 1000 };

  it("take the slowest reconcile and the longest wait, and are met within their limits alone", () => {
    expect(busyRows(measured, sizes).map(isMet)).toEqual([true, true]);
    expect(busyRows(measured, sizes)[0]?.parts[0]).toMatchObject({ value: 3.5, n: 3 });
    for (const worse of [{ reconcileSeconds: [1, 1, 4.1] }, { requestsPerSecond: 25.1 }])
      expect(busyRows({ ...measured, ...worse }, sizes).map(isMet)).toEqual([false, true]);
    expect(busyRows({ ...measured, stallMs: 51 }, sizes).map(isMet)).toEqual([true, false]);
  });

  it("of a smaller fleet, of fewer reconciles or migrations prove nothing", () => {
    for (const [figures, less] of [
      [measured, { pods: 999 }],
      [{ ...measured, reconcileSeconds: [1, 1] }, {}],
      [measured, { sampling: 49 }],
      [{ ...measured, reconcileSeconds: [] }, {}],
    ] as const)
      expect(isMet(busyRows(figures, { ...sizes, ...less })[0] as Row)).toBe(false);
  });
});
