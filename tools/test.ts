// `make test`: runs the tests as usual and ends with one line that counts them. Arguments go to the test runner.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { summarize, type TestReport } from "./test-summary.ts";

const root = join(import.meta.dirname, "..");
/** Tests start hundreds of processes that would each compile the same programs. */
const compileCache = join(root, "node_modules/.cache/node-compile");

async function runTests(folder: string, reportFile: string): Promise<number> {
  const runner = join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const child = spawn(process.execPath, [runner, "run", ...reporters, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    // What stories leave, logs above all, is gone with a run that passed.
    env: { ...process.env, TMPDIR: folder, NODE_COMPILE_CACHE: compileCache },
  });
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (code) => resolve(code ?? 1));
  });
}

function readReport(file: string): TestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TestReport;
  } catch {
    return undefined;
  }
}

const folder = mkdtempSync(join(tmpdir(), "retriever-test-"));
// A Postgres runs as a user of its own, somewhere below.
chmodSync(folder, 0o711);
const reportFile = join(folder, "report.json");
const code = await runTests(folder, reportFile);
const { passed, failed, skipped, exitCode } = summarize(readReport(reportFile), code);
if (exitCode === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
else process.stdout.write(`logs: ${folder}\n`);
if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = exitCode;
