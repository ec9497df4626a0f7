// Harm is the fleet's where it stands without the third that shows the most of it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { addGroups, endPart, isShared, judgeFleet } from "./fleet-parts.ts";
import { type LineRule, trafficLines } from "./lines.ts";

const facts = { plan: aSpec(), baseline: undefined, pastCutover: true, differenceIsHarmless: false };
const rules = trafficLines(facts);
function ruleOf(line: string): LineRule {
  const rule = rules.find((one) => one.line === line);
  if (rule === undefined) throw new Error(`no line ${line}`);
  return rule;
}
const score = ruleOf("score");
const verdictOf = (groups: number[][], populated = groups.length) => judgeFleet(groups, score, { populated })?.verdict;

describe("harm in a fleet", () => {
  it("is the fleet's where every group shows it", () => {
    expect(
      verdictOf(
        [
          [30, 100, 0],
          [28, 100, 0],
          [35, 100, 0],
        ].map((one) => [...one]),
      ),
    ).toBe("fleet");
  });

  it("is that of a few where nothing is left without them, and they are named", () => {
    expect(
      judgeFleet(
        [
          [100, 100],
          [0, 90],
          [2, 95],
        ],
        score,
        { populated: 3 },
      ),
    ).toEqual({ verdict: "few", odd: [0] });
    const ten = Array.from({ length: 10 }, (_, group) => (group < 3 ? [100, 100] : [1, 100]));
    expect(judgeFleet(ten, score, { populated: 10 })).toEqual({ verdict: "few", odd: [0, 1, 2] });
  });

  it("is that of one that serves everything, however much there is of it", () => {
    expect(verdictOf([[5000, 5000], [], []])).toBe("few");
  });

  it("isn't sure of a few samples above the limit", () => {
    expect(
      verdictOf([
        [9, 12],
        [1, 12],
        [1, 12],
      ]),
    ).toBe("waiting");
  });

  it("isn't asked of one or two", () => {
    expect(
      verdictOf([
        [100, 100],
        [0, 100],
      ]),
    ).toBeUndefined();
    expect(judgeFleet(undefined, score, { populated: 3 })).toBeUndefined();
  });

  it("holds against the source without the third that says the most or the least of it", () => {
    const errors = ruleOf("severe");
    const failing = [50, 50, 0, 0, 50];
    expect(judgeFleet([failing, failing, [50, 50, 0, 50, 50]], errors, { populated: 3 })?.verdict).toBe("fleet");
    expect(
      judgeFleet(
        [failing, failing, failing].map((one) => one.with(3, 50)),
        errors,
        { populated: 3 },
      )?.verdict,
    ).toBe("unproved");
    expect(
      judgeFleet(
        [failing, failing, failing].map((one) => one.with(4, 0)),
        errors,
        { populated: 3 },
      )?.verdict,
    ).toBe("unseen");
  });
});

it("a third that counts whatever it likes neither makes healthy pods harmed nor harmed pods healthy", () => {
  const number = fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.integer({ min: 0, max: 300 }));
  const lies = fc.array(fc.array(number, { minLength: 5, maxLength: 5 }), { minLength: 3, maxLength: 3 });
  const shuffled = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 10 });
  fc.assert(
    fc.property(lies, shuffled, fc.constantFrom(3, 10), (told, order, pods) => {
      const liars = told
        .slice(0, Math.floor(pods / 3))
        .map(([bad = 0, n = 0, ...rest]) => [Math.min(bad, n), n, ...rest]);
      const fleetOf = (honest: number[]) => {
        const all = [...liars, ...Array.from({ length: pods - liars.length }, () => honest)];
        return order.filter((index) => index < pods).map((index) => all[index] ?? []);
      };
      expect(verdictOf(fleetOf([1, 100, 0, 0, 100]))).not.toBe("fleet");
      expect(verdictOf(fleetOf([90, 100, 0, 0, 100]))).toBe("fleet");
    }),
    { seed: 18, numRuns: 500 },
  );
});

it("counts of groups add up bin by bin", () => {
  const first = addGroups(undefined, new Map([[1, { bad: 1, n: 2 }]]));
  expect(first).toEqual([[], [1, 2, 0, 0, 0]]);
  const reference = { bad: 3, n: 4 };
  expect(addGroups(first, new Map([[0, { bad: 1, n: 1, squares: 0.5, reference }]]))).toEqual([
    [1, 1, 0.5, 3, 4],
    [1, 2, 0, 0, 0],
  ]);
});

describe("a part of the time", () => {
  const slow = ruleOf("latency").contrast.sides;
  const part = (...pairs: (readonly [bad: number, source: number])[]) =>
    addGroups(
      undefined,
      new Map(pairs.map(([bad, source], group) => [group, { bad, n: 100, reference: { bad: source, n: 100 } }])),
      slow,
    );

  it("is shared where the source was as bad, and the destination's where most groups say so", () => {
    const shared = [part([20, 20]), part([20, 18]), part([20, 20], [20, 24], [16, 16])];
    expect(shared.map(isShared)).toEqual([true, true, true]);
    const own = [part([20, 0]), part([1, 0]), part([40, 20]), part([40, 20], [40, 18], [20, 20])];
    expect(own.map(isShared)).toEqual([false, false, false, false]);
  });

  it("isn't told yet where little was bad, and where the source was hardly asked", () => {
    expect(isShared(part([0, 0], [0, 0]))).toBeUndefined();
    expect(isShared(part([3, 3], [3, 4]))).toBeUndefined();
    expect(isShared(addGroups(undefined, new Map([[0, { bad: 9, n: 9 }]]), slow))).toBeUndefined();
  });

  it("isn't hidden by a third of the groups, nor told by one, and another part begins without it", () => {
    const liar = [0, 100] as const;
    expect(isShared(part([30, 1], [30, 0], liar))).toBe(false);
    expect(isShared(part([0, 0], [0, 0], liar))).toBeUndefined();
    expect(endPart(part([30, 1], liar))).toEqual([
      [30, 100, 0, 1, 100],
      [0, 100, 0, 100, 100],
    ]);
  });

  it("of two groups is judged by both together: a trickle doesn't outweigh the rest", () => {
    expect(isShared(part([60, 3], [0, 3]))).toBe(false);
    expect(isShared(part([30, 3], [0, 30]))).toBe(true);
  });

  it("of requests is judged by few samples of the source as by few", () => {
    const requests = (bad: number, source: readonly [bad: number, n: number]) =>
      addGroups(undefined, new Map([[0, { bad, n: 2000, reference: { bad: source[0], n: source[1] } }]]), slow);
    expect(isShared(requests(600, [1, 2]))).toBeUndefined();
    expect(isShared(requests(600, [2, 40]))).toBe(false);
    expect(isShared(requests(600, [12, 40]))).toBe(true);
  });
});
