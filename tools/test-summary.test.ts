import { expect, it } from "vitest";
import { summarize, type TestReport } from "./test-summary.ts";

const nothing: TestReport = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
};

it("sums a good run up", () => {
  expect(summarize({ ...nothing, numPassedTests: 3 }, 0)).toEqual({ passed: 3, failed: 0, skipped: 0, exitCode: 0 });
});

it("counts failed tests and keeps the exit code", () => {
  const report = { ...nothing, numPassedTests: 3, numFailedTests: 2, numPendingTests: 1 };
  expect(summarize(report, 1)).toEqual({ passed: 3, failed: 2, skipped: 1, exitCode: 1 });
});

it("counts a file that couldn't be loaded as a failure", () => {
  const testResults = [{ name: "a.test.ts", status: "failed", assertionResults: [] }];
  expect(summarize({ ...nothing, numPassedTests: 3, testResults }, 1)).toMatchObject({ passed: 3, failed: 1 });
});

it("calls a run without tests failed", () => {
  expect(summarize(nothing, 0)).toEqual({ passed: 0, failed: 1, skipped: 0, exitCode: 1 });
});

it("calls a run failed that left no report, or ended badly outside of any test", () => {
  expect(summarize(undefined, 0)).toMatchObject({ failed: 1, exitCode: 1 });
  expect(summarize({ ...nothing, numPassedTests: 3 }, 1)).toMatchObject({ passed: 3, failed: 1, exitCode: 1 });
});
