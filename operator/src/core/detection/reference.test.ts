// The destination's doing, or both stores' at once.
import { describe, expect, it } from "vitest";
import { contrastEmpties, contrastShares, contrastSlowness, noContrast } from "./reference.ts";

const own = { bad: 30, n: 100 };

describe("slower samples", () => {
  it.each([
    [30, 0, "worse"],
    [30, 30, "unproved"],
    [30, 25, "unproved"],
    [0, 0, "unproved"],
    [6, 0, "unproved"],
    [16, 0, "worse"],
  ])("%d slower at the destination and %d at the source: %s", (bad, better, verdict) => {
    expect(contrastSlowness({ bad, n: 100 }, { bad: better, n: 100 })).toBe(verdict);
  });
});

describe("a moment that was chosen within trouble of both", () => {
  it.each([
    [256, 167, "unproved"],
    [404, 290, "unproved"],
    [450, 200, "worse"],
    [16, 0, "unproved"],
    [30, 0, "worse"],
  ])("takes more to tell: %d slower at the destination and %d at the source: %s", (bad, better, verdict) => {
    expect(contrastSlowness({ bad, n: 1000 }, { bad: better, n: 1000 }, true)).toBe(verdict);
    expect(contrastSlowness({ bad, n: 1000 }, { bad: better, n: 1000 })).toBe("worse");
  });

  it("takes more of failures and of empties as well", () => {
    expect(contrastShares(0)({ bad: 15, n: 15 }, { bad: 0, n: 15 }, true)).toBe("unproved");
    expect(contrastShares(0)({ bad: 15, n: 15 }, { bad: 0, n: 15 })).toBe("worse");
    expect(contrastEmpties(0.05)(own, { bad: 20, n: 100 }, true)).toBe("unproved");
    expect(contrastEmpties(0.05)(own, { bad: 20, n: 100 })).toBe("worse");
  });
});

describe("failed requests", () => {
  it.each([
    [[100, 100], [0, 5], "unseen"],
    [[100, 100], [0, 30], "worse"],
    [[50, 1000], [0, 500], "worse"],
    [[50, 1000], [25, 500], "unproved"],
    [[600, 1000], [60, 100], "unproved"],
  ] as const)("%j, beside %j that the source failed: %s", ([bad, n], [sourceBad, sourceN], verdict) => {
    expect(contrastShares(0)({ bad, n }, { bad: sourceBad, n: sourceN })).toBe(verdict);
  });
});

describe("empty answers", () => {
  it.each([
    [0, 5, "unseen"],
    [0, 100, "unproved"],
    [30, 100, "worse"],
    [6, 100, "unproved"],
  ])("%d of %d samples empty at the destination alone: %s", (bad, n, verdict) => {
    expect(contrastEmpties(0.05)(own, { bad, n })).toBe(verdict);
  });

  it("speak against the destination by what it alone left empty, however many are empty as usual", () => {
    const sides = contrastEmpties(0.05).sides;
    const [own = 0, source = 0] = sides?.({ bad: 700, n: 1000, reference: { bad: 30, n: 100 } }) ?? [];
    expect([own + source, own - source]).toEqual([70, 25]);
    const [both = 0, shared = 0] = sides?.({ bad: 700, n: 1000, reference: { bad: 0, n: 100 } }) ?? [];
    expect(both).toBeLessThan(shared);
    expect(sides?.({ bad: 700, n: 1000, reference: { bad: 0, n: 0 } })).toEqual([0, 0]);
  });
});

describe("slow requests", () => {
  it.each([
    [0, 5, "unseen"],
    [0, 100, "worse"],
    [30, 100, "unproved"],
  ])("beside %d slow ones of %d samples of the source: %s", (bad, n, verdict) => {
    expect(contrastShares(0.05)({ bad: 300, n: 1000 }, { bad, n })).toBe(verdict);
  });
});

it("what is judged against a baseline alone needs no source", () => {
  expect(noContrast(own, { bad: 0, n: 0 })).toBe("worse");
});
