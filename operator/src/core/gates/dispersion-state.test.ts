import { dispersionStateSchema } from "@retriever/crds/status/evidence-status.ts";
import type { DispersionState } from "@retriever/crds/status/migration-status.ts";
import { expect, test } from "vitest";
import { dispersionOfGate, foldDispersion } from "./dispersion-state.ts";

const start = Date.parse("2026-03-01T00:00:00Z");
const at = (second: number, bad: number, n: number, epoch = 3) => ({
  epoch,
  counts: [{ gate: "latencyDelta", bad, n }],
  now: start + second * 1000,
  windowSeconds: 30,
});
const opened = (): DispersionState => foldDispersion(undefined, at(0, 0, 0));
const gateOf = (state: DispersionState) => state.gates[0];

test("a reconcile inside the window changes nothing", () => {
  const state = opened();
  expect(foldDispersion(state, at(29, 2, 29))).toBe(state);
});

test("a window that is over is added to the sums and the next one opens at its totals", () => {
  const state = foldDispersion(opened(), at(31, 3, 30));
  expect(state.openedAt).toBe("2026-03-01T00:00:31.000Z");
  expect(gateOf(state)).toEqual({
    gate: "latencyDelta",
    openBad: 3,
    openN: 30,
    windows: 1,
    bad: 3,
    n: 30,
    squares: 9 / 30,
  });
});

test("idle time writes nothing, and the samples after it close one long window", () => {
  const state = opened();
  expect(foldDispersion(state, at(600, 0, 0))).toBe(state);
  expect(gateOf(foldDispersion(state, at(605, 1, 5)))).toMatchObject({ windows: 1, bad: 1, n: 5 });
});

test("a new epoch begins without windows", () => {
  const state = foldDispersion(opened(), at(31, 3, 30));
  expect(foldDispersion(state, at(40, 1, 2, 4))).toEqual({
    epoch: 4,
    openedAt: "2026-03-01T00:00:40.000Z",
    gates: [{ gate: "latencyDelta", openBad: 1, openN: 2, windows: 0, bad: 0, n: 0, squares: 0 }],
  });
});

test("counts that fell are no window, and the next one is counted from where they are", () => {
  const before = foldDispersion(opened(), at(30, 3, 30));
  const fallen = foldDispersion(before, at(60, 1, 10));
  expect(gateOf(fallen)).toMatchObject({ windows: 1, bad: 3, n: 30, openBad: 1, openN: 10 });
  expect(gateOf(foldDispersion(fallen, at(90, 2, 40)))).toMatchObject({ windows: 2, bad: 4, n: 60 });
});

test("a sum of fractions that fell by rounding is a window without anything bad", () => {
  const before = foldDispersion(opened(), at(30, 0.3, 30));
  expect(gateOf(foldDispersion(before, at(60, 0.3 - 1e-12, 60)))).toMatchObject({ windows: 2, bad: 0.3, n: 60 });
});

test("a clock that went back opens a new window and loses no sample", () => {
  const state = foldDispersion(opened(), at(-3600, 2, 20));
  expect(state.openedAt).toBe("2026-02-28T23:00:00.000Z");
  expect(gateOf(state)).toMatchObject({ windows: 1, bad: 2, n: 20 });
});

test("a gate that the last version didn't know joins with its own first window", () => {
  const state = foldDispersion(opened(), {
    ...at(30, 1, 30),
    counts: [
      { gate: "latencyDelta", bad: 1, n: 30 },
      { gate: "overlap", bad: 2, n: 30 },
    ],
  });
  expect(state.gates[1]).toEqual({ gate: "overlap", openBad: 2, openN: 30, windows: 0, bad: 0, n: 0, squares: 0 });
});

test("an operator that restarts at any reconcile ends with the same dispersion", () => {
  const windows = Array.from({ length: 40 }, (_, index) => at(index * 10, Math.floor(index / 4) * 3, index * 10));
  const through = (restartAt: number) =>
    windows.reduce<DispersionState | undefined>((state, window, index) => {
      const kept = index === restartAt ? dispersionStateSchema.parse(JSON.parse(JSON.stringify(state))) : state;
      return foldDispersion(kept, window);
    }, undefined);
  const expected = through(-1);
  expect(dispersionOfGate(expected, "latencyDelta")).toBeGreaterThan(1);
  for (let restartAt = 1; restartAt < windows.length; restartAt += 1) expect(through(restartAt)).toEqual(expected);
});

test("a gate nobody counted, or no state at all, has no dispersion", () => {
  expect(dispersionOfGate(undefined, "latencyDelta")).toBeNull();
  expect(dispersionOfGate(opened(), "overlap")).toBeNull();
});

test.each([
  ["fewer samples with as many bad ones", 3, 10],
  ["fewer bad ones among more samples", 2, 60],
  ["more bad ones than samples", 43, 60],
  ["a bad one more and no sample", 4, 30],
])("%s are counts cut short: no window, and counted on from there", (_name, bad, n) => {
  const before = foldDispersion(opened(), at(30, 3, 30));
  expect(gateOf(foldDispersion(before, at(60, bad, n)))).toEqual({
    ...gateOf(before),
    openBad: bad,
    openN: n,
  });
});

test("a window of only bad samples is one", () => {
  const before = foldDispersion(opened(), at(30, 3, 30));
  expect(gateOf(foldDispersion(before, at(60, 33, 60)))).toMatchObject({ windows: 2, bad: 33, n: 60 });
});

test("a second window at the same instant changes nothing", () => {
  const state = opened();
  expect(foldDispersion(state, at(0, 3, 30))).toBe(state);
});

test("one gate that counted closes the window of all", () => {
  const both = (second: number, n: number) => ({
    ...at(second, 0, n),
    counts: [
      { gate: "latencyDelta", bad: 1, n: 10 },
      { gate: "overlap", bad: 0, n },
    ],
  });
  const state = foldDispersion(undefined, both(0, 0));
  const next = foldDispersion(state, both(31, 5));
  expect(next.gates.map(({ windows }) => windows)).toEqual([0, 1]);
  expect(next.openedAt).toBe("2026-03-01T00:00:31.000Z");
});

test("a gate that joins while nothing is counted of the others opens its window", () => {
  const counts = [
    { gate: "latencyDelta", bad: 0, n: 0 },
    { gate: "overlap", bad: 0, n: 0 },
  ];
  const state = foldDispersion(opened(), { ...at(30, 0, 0), counts });
  expect(state.gates.map(({ gate }) => gate)).toEqual(["latencyDelta", "overlap"]);
});
