// The JSON report of a test run → what its last line says. Pure.

export type TestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
};

type Summary = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly exitCode: number;
};

/**
 * Sums a run up. A file that couldn't be loaded is a failure, a run without tests is one, and so is a run that ended
 * badly although every test passed (an error outside of any test).
 */
export function summarize(report: TestReport | undefined, exitCode: number): Summary {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0, exitCode: exitCode || 1 };
  const unloaded = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  const passed = report.numPassedTests;
  const counted = report.numFailedTests + unloaded.length;
  const isEmpty = passed + counted === 0;
  const failed = counted === 0 && (exitCode !== 0 || isEmpty) ? 1 : counted;
  const skipped = report.numPendingTests + report.numTodoTests;
  return { passed, failed, skipped, exitCode: exitCode === 0 && failed > 0 ? 1 : exitCode };
}
