// What acts, and what passes, is so without the third of the pods that shows the most and the third that shows the least.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeParts, type PodShare } from "./without-pods.ts";

const rule = { limit: 0.05 };
const pods = (...shares: readonly (readonly [number, number])[]): PodShare[] =>
  shares.map(([bad, n], index) => ({ name: `pod-${index + 1}`, bad, n }));
const judge = (all: "Pass" | "Fail" | "NotYet", parts: readonly PodShare[]) =>
  judgeParts(all, { bad: 1, n: 1 }, parts, rule);

describe("a gate that fails over all pods", () => {
  it("fails where the rest fails as well", () => {
    expect(judge("Fail", pods([30, 100], [25, 100], [28, 100]))).toEqual({ verdict: "Fail" });
  });

  it("is one pod's where nothing is left without it, and names it", () => {
    const because = "nothing of it is left without pod-1";
    expect(judge("Fail", pods([100, 100], [0, 90], [2, 95]))).toEqual({ verdict: "NotYet", isAlone: true, because });
  });

  it("is that of the pods that are gone where none that answers shows it", () => {
    const because = "nothing of it is left without the pods that are gone or tell otherwise by now";
    expect(judge("Fail", pods([0, 90], [0, 90], [2, 95]))).toMatchObject({ isAlone: true, because });
  });

  it("is one pod's where the others' source is as often bad as their destination", () => {
    const parts = pods([100, 100], [20, 100], [20, 100]).map((one) => ({ ...one, opposite: one.bad === 20 ? 20 : 0 }));
    expect(judge("Fail", parts)).toMatchObject({ verdict: "NotYet", isAlone: true });
    expect(
      judge(
        "Fail",
        parts.map((one) => ({ ...one, opposite: 0 })),
      ),
    ).toEqual({ verdict: "Fail" });
  });

  it("waits where the rest has counted too little to say so", () => {
    const because = "not sure yet without pod-1";
    expect(judge("Fail", pods([20, 20], [1, 10], [1, 10]))).toEqual({ verdict: "NotYet", because });
  });

  it("fails where standbys and pods that have just begun have nothing to contradict with", () => {
    expect(judge("Fail", pods([1000, 1000], [0, 0], [0, 0]))).toEqual({ verdict: "Fail" });
    expect(judge("Fail", pods([0, 2], [0, 3], [0, 1]))).toEqual({ verdict: "Fail" });
  });

  it("is believed of one or two", () => {
    expect(judge("Fail", pods([20, 20], [0, 100]))).toEqual({ verdict: "Fail" });
  });
});

describe("a gate that passes over all pods", () => {
  it("passes where the rest is within the limit as well", () => {
    expect(judge("Pass", pods([0, 100], [1, 100], [0, 100]))).toEqual({ verdict: "Pass" });
  });

  it("doesn't pass by one pod's good samples", () => {
    const because = "not surely so without pod-1";
    expect(judge("Pass", pods([0, 2e9], [8, 100], [8, 100]))).toEqual({ verdict: "NotYet", because });
  });

  it("passes where one serves nearly all, unless the others seem worse than they may", () => {
    expect(judge("Pass", pods([0, 500], [0, 3], [0, 0]))).toEqual({ verdict: "Pass" });
    expect(judge("Pass", pods([0, 500], [1, 3], [1, 2]))).toMatchObject({ verdict: "NotYet" });
  });
});

it("what passed before a deploy goes on passing while its pods gather evidence, unless they seem worse", () => {
  const total = { bad: 750, n: 5000 };
  const [calm, worse] = [pods([8, 60], [9, 60], [8, 60]), pods([14, 60], [14, 60], [14, 60])];
  expect(judgeParts("Pass", total, calm, { limit: 0.2 })).toEqual({ verdict: "Pass" });
  expect(judgeParts("Pass", total, worse, { limit: 0.2 })).toMatchObject({ verdict: "NotYet" });
});

describe("a gate that is undecided over all pods", () => {
  it("is one pod's where that is surely over the limit, and the rest surely within", () => {
    expect(judge("NotYet", pods([30, 100], [1, 200], [0, 200]))).toMatchObject({ isAlone: true });
    expect(judge("NotYet", pods([8, 100], [1, 100], [0, 100]))).toEqual({ verdict: "NotYet" });
    expect(judge("NotYet", pods([30, 100], [8, 100], [0, 100]))).toEqual({ verdict: "NotYet" });
  });
});

it("a third that counts whatever it likes neither fails healthy pods nor passes harmed ones", () => {
  const number = fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.integer({ min: 0, max: 300 }));
  const lies = fc.array(fc.tuple(number, number), { minLength: 33, maxLength: 33 });
  const fleets = fc.constantFrom(3, 4, 10, 24, 36, 100);
  fc.assert(
    fc.property(lies, fleets, fc.nat(), (told, fleet, turn) => {
      const liars = told.slice(0, Math.floor(fleet / 3)).map(([a, b]) => [Math.min(a, b), b] as const);
      const fleetOf = (honest: readonly [number, number]) => {
        const all = [...liars, ...Array.from({ length: fleet - liars.length }, () => honest)];
        return pods(...all.map((_, index) => all[(index + turn) % fleet] ?? honest));
      };
      expect(judge("Fail", fleetOf([1, 100])).verdict).not.toBe("Fail");
      expect(judge("Pass", fleetOf([15, 100])).verdict).not.toBe("Pass");
      expect(judge("Fail", fleetOf([30, 100])).verdict).toBe("Fail");
      expect(judge("Pass", fleetOf([0, 100])).verdict).toBe("Pass");
    }),
    { seed: 18, numRuns: 500 },
  );
});
