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
const verdictOf = (groups: number[][], populated = groups.length) => judgeFleet(groups, score, populated)?.verdict;

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
        3,
      ),
    ).toEqual({ verdict: "few", odd: [0] });
    const ten = Array.from({ length: 10 }, (_, group) => (group < 3 ? [100, 100] : [1, 100]));
    expect(judgeFleet(ten, score, 10)).toEqual({ verdict: "few", odd: [0, 1, 2] });
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
    expect(judgeFleet(undefined, score, 3)).toBeUndefined();
  });

  it("holds against the source without the third that says the most or the least of it", () => {
    const errors = ruleOf("severe");
    const failing = [50, 50, 0, 0, 50];
    expect(judgeFleet([failing, failing, [50, 50, 0, 50, 50]], errors, 3)?.verdict).toBe("fleet");
    expect(
      judgeFleet(
        [failing, failing, failing].map((one) => one.with(3, 50)),
        errors,
        3,
      )?.verdict,
    ).toBe("unproved");
    expect(
      judgeFleet(
        [failing, failing, failing].map((one) => one.with(4, 0)),
        errors,
        3,
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
      new Map(pairs.map(([bad, source], group) => [group, { bad, n: 100, reference: { bad: source, n: 50 } }])),
      slow,
    );

  it("is shared where the source was as bad, and the destination's where most groups say so", () => {
    expect([part([20, 10]), part([20, 9]), part([20, 10], [20, 12], [0, 0])].map(isShared)).toEqual([true, true, true]);
    expect([part([20, 0]), part([1, 0]), part([40, 10]), part([40, 10], [40, 9])].map(isShared)).not.toContain(true);
  });

  it("is nobody's where nothing was bad, and where the source wasn't asked", () => {
    expect(isShared(part([0, 0], [0, 0]))).toBe(false);
    expect(isShared(addGroups(undefined, new Map([[0, { bad: 9, n: 9 }]]), slow))).toBe(false);
  });

  it("isn't hidden by a third of the groups, and another part begins without it", () => {
    const liar = [0, 50] as const;
    expect(isShared(part([30, 1], [30, 0], liar))).toBe(false);
    expect(endPart(part([30, 1], liar))).toEqual([
      [30, 100, 0, 1, 50],
      [0, 100, 0, 50, 50],
    ]);
  });
});
