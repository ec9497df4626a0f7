import { expect, test } from "vitest";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { aResult, someCounts } from "#test/builders/verification.ts";
import { excess, judgeResult } from "./judge-result.ts";

const plan = aSpec({ checklist: { ...onlyReachable, parity: { level: "payload", tolerance: { missing: 2 } } } });
const judge = (more: Parameters<typeof aResult>[0]) => judgeResult(plan, aResult({ level: "payload", ...more }));

test.each<[string, Parameters<typeof aResult>[0], string, string]>([
  ["nothing differs", {}, "True/Equal", "no chunk differs"],
  [
    "no more differ than are tolerated",
    { counts: someCounts({ missing: 2 }) },
    "True/WithinTolerance",
    "no chunk differs",
  ],
  ["only the lag explains some", { counts: someCounts({ lagging: 9 }) }, "True/Equal", "no chunk differs"],
  [
    "one more differs than is tolerated",
    { counts: someCounts({ missing: 3 }), message: "3 differ" },
    "False/Drift",
    "3 differ",
  ],
  ["another kind differs", { counts: someCounts({ vector: 1 }), message: "1 differs" }, "False/Drift", "1 differs"],
  ["more was compared than was asked for", { level: "vector" }, "True/Equal", "no chunk differs"],
  [
    "less was compared than was asked for",
    { level: "fresh" },
    "Unknown/LevelTooLow",
    "only fresh was compared, spec.checklist.parity.level is payload: raise it in the CronJob",
  ],
  [
    "it could not be compared",
    { outcome: "Unknown", reason: "CannotSay", message: "the store went away" },
    "Unknown/CannotSay",
    "the stores could not be compared: the store went away",
  ],
])("when %s, the answer says so", (_, more, answer, message) => {
  const { status, reason, message: words } = judge(more);
  expect([`${status}/${reason}`, words]).toEqual([answer, message]);
});

test("a result without counts is no comparison, and one that names no level compared ids at most", () => {
  const { counts: _counts, ...countless } = aResult();
  expect(judgeResult(plan, countless)).toMatchObject({ status: "Unknown", reason: "Equal" });
  const { level: _level, ...unnamed } = aResult();
  expect(judgeResult(plan, unnamed)).toMatchObject({ status: "Unknown", reason: "LevelTooLow" });
  expect(judgeResult(plan, unnamed).message).toContain("only ids was compared");
});

test("the excess names each kind above its tolerance, with both numbers", () => {
  expect(excess(plan, someCounts({ missing: 3, extra: 1, stale: 0 }))).toEqual([
    "3 missing (tolerated: 2)",
    "1 extra (tolerated: 0)",
  ]);
  expect(excess(plan, someCounts({ missing: 2, lagging: 4 }))).toEqual([]);
});
