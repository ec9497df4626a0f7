import fc from "fast-check";
import { expect, test } from "vitest";
import { errorShares, failBudget, passBudget, strictAlpha } from "./gate-limits.ts";
import { judgeRate, type RateQuestion, samplesToFail, samplesToPass } from "./sequential.ts";

const question: RateQuestion = {
  bad: 0,
  n: 0,
  limit: 0.05,
  alpha: 0.001,
  beta: 0.05,
  dispersion: 1,
  deflates: "both",
  dwellPassed: true,
};
const rows = [
  { title: "nothing was sampled", more: {}, expected: "NotYet" },
  { title: "a thousand good samples and the dwell", more: { n: 1000 }, expected: "Pass" },
  { title: "a thousand good samples before the dwell", more: { n: 1000, dwellPassed: false }, expected: "NotYet" },
  { title: "a share a little under the limit", more: { bad: 4, n: 100 }, expected: "NotYet" },
  { title: "half of a hundred bad", more: { bad: 50, n: 100 }, expected: "Fail" },
  { title: "half of a hundred bad before the dwell", more: { bad: 50, n: 100, dwellPassed: false }, expected: "Fail" },
  { title: "thirty of a hundred bad, in bursts of three", more: { bad: 30, n: 100, dispersion: 3 }, expected: "Fail" },
  { title: "half bad, but all of it in bursts", more: { bad: 50, n: 100, dispersion: 20 }, expected: "NotYet" },
  { title: "a thousand good samples, dispersion unknown", more: { n: 1000, dispersion: null }, expected: "NotYet" },
  { title: "half bad, dispersion unknown", more: { bad: 50, n: 100, dispersion: null }, expected: "NotYet" },
  {
    title: "half bad, dispersion unknown, failing waits for nothing",
    more: { bad: 50, n: 100, dispersion: null, deflates: "passing" },
    expected: "Fail",
  },
  {
    title: "half bad in bursts, failing waits for nothing",
    more: { bad: 50, n: 100, dispersion: 20, deflates: "passing" },
    expected: "Fail",
  },
  { title: "a limit of 0 and nothing bad", more: { n: 10, limit: 0 }, expected: "Pass" },
  { title: "a limit of 0 and no sample", more: { n: 0, limit: 0 }, expected: "NotYet" },
  {
    title: "a limit of 0, nothing bad, before the dwell",
    more: { n: 10, limit: 0, dwellPassed: false },
    expected: "NotYet",
  },
  { title: "a limit of 0 and one bad", more: { bad: 1, n: 1e6, limit: 0 }, expected: "Fail" },
  { title: "a limit of 1 and only bad ones", more: { bad: 10, n: 10, limit: 1 }, expected: "NotYet" },
  { title: "a thousand good samples, and fifty lost", more: { n: 1000, lost: 50 }, expected: "NotYet" },
  { title: "a thousand good samples, and five lost", more: { n: 1000, lost: 5 }, expected: "Pass" },
  { title: "a limit of 0, nothing bad, and some lost", more: { n: 10, lost: 2, limit: 0 }, expected: "Pass" },
  {
    title: "twenty of a hundred bad beside a thousand lost",
    more: { bad: 20, n: 100, lost: 1000 },
    expected: "NotYet",
  },
  { title: "counts that aren't numbers", more: { bad: Number.NaN, n: 1000 }, expected: "NotYet" },
] as const;

test.each(rows)("$title: $expected", ({ more, expected }) => {
  expect(judgeRate({ ...question, ...more })).toBe(expected);
});

test("all samples bad fail at the eighth with a limit of 20 % and an alpha of 1e-4", () => {
  const at = (n: number) =>
    judgeRate({ ...question, bad: n, n, limit: 0.2, alpha: strictAlpha, deflates: "passing", dispersion: null });
  expect([at(7), at(8)]).toEqual(["NotYet", "Fail"]);
});

test("more bad samples among as many never turn the verdict for the better", () => {
  const order = ["Fail", "NotYet", "Pass"];
  const cases = fc.tuple(fc.nat(5000), fc.nat(5000), fc.nat(100), fc.double({ min: 1, max: 30, noNaN: true }));
  fc.assert(
    fc.property(cases, fc.boolean(), ([bad, good, more, dispersion], dwellPassed) => {
      const n = bad + good + more;
      const few = judgeRate({ ...question, bad, n, dispersion, dwellPassed });
      const many = judgeRate({ ...question, bad: bad + more, n, dispersion, dwellPassed });
      expect(order.indexOf(many)).toBeLessThanOrEqual(order.indexOf(few));
    }),
  );
});

test("what fails before the dwell fails after it: no evidence is good for both", () => {
  const limits = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(5000), limits, (bad, good, limit) => {
      const asked = { ...question, bad, n: bad + good, limit, alpha: 0.05 };
      const isFailed = judgeRate({ ...asked, dwellPassed: false }) === "Fail";
      expect(judgeRate(asked) === "Fail").toBe(isFailed);
    }),
  );
});

test("the estimate of the samples to a pass is the sample at which it passes", () => {
  for (const [share, dispersion] of [
    [0, 1],
    [0.01, 1],
    [0.03, 2.5],
  ] as const) {
    const n = samplesToPass(share, { ...question, dispersion }) ?? Number.NaN;
    const at = (samples: number) => judgeRate({ ...question, bad: share * samples, n: samples, dispersion });
    expect([at(n - 1), at(n)]).toEqual(["NotYet", "Pass"]);
  }
});

test("samples to a pass: about a hundred for a perfect destination, hundreds at 3 %, none at the limit", () => {
  expect(samplesToPass(0, question)).toBeLessThan(110);
  expect(samplesToPass(0.03, question)).toBeGreaterThan(400);
  expect(samplesToPass(0.05, question)).toBeNull();
  expect(samplesToPass(0, { ...question, limit: 0 })).toBe(1);
  expect(samplesToPass(0.1, { ...question, limit: 0 })).toBeNull();
});

test("samples to a fail: a handful when all are bad, none when the rate is within the limit", () => {
  expect(samplesToFail(1, question)).toBeLessThanOrEqual(5);
  expect(samplesToFail(0.08, question)).toBeGreaterThan(500);
  expect(samplesToFail(0.04, question)).toBeNull();
});

test("the chance of a wrong fail is shared over gates and stages, that of a wrong pass isn't", () => {
  expect(errorShares(3)).toEqual({ alpha: failBudget / 9, beta: passBudget });
  expect(errorShares(0).alpha).toBe(failBudget / 3);
});

test("bursts that aren't known yet count as none, known ones take as many times the samples", () => {
  const needed = (dispersion: number | null) => [
    samplesToPass(0.01, { limit: 0.05, beta: 0.05, dispersion }) ?? 0,
    samplesToFail(0.2, { limit: 0.05, alpha: 0.001, dispersion }) ?? 0,
  ];
  expect(needed(null)).toEqual(needed(1));
  const [pass = 0, fail = 0] = needed(1);
  expect(needed(10).map((n) => Math.round(n / 10))).toEqual([pass, fail]);
});

test("a limit of 0 passes without anything bad, once bursts are known and a sample was seen", () => {
  const none = { ...question, limit: 0, bad: 0, n: 10, dwellPassed: true };
  expect(judgeRate({ ...none, dispersion: 1 })).toBe("Pass");
  expect(judgeRate({ ...none, dispersion: 1, n: 0 })).toBe("NotYet");
  expect(judgeRate({ ...none, dispersion: 1, bad: 1, failLimit: 0.5 })).toBe("NotYet");
  expect(judgeRate({ ...none, dispersion: null })).toBe("NotYet");
});

test("a limit of 1 is kept by the first sample, bad as it may be", () => {
  expect(samplesToPass(1, { limit: 1, beta: 0.05, dispersion: 1 })).toBe(1);
});

test("lost samples change no NotYet to anything else, whatever the counts", () => {
  const counts = fc.record({ n: fc.nat(5000), share: fc.double({ min: 0, max: 1, noNaN: true }), lost: fc.nat(500) });
  fc.assert(
    fc.property(counts, ({ n, share, lost }) => {
      const told = { ...question, n, bad: Math.floor(n * share) };
      const without = judgeRate(told);
      const verdict = judgeRate({ ...told, lost });
      expect(verdict === "NotYet" || verdict === without).toBe(true);
    }),
  );
});
