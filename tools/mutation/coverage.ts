// `make coverage`: how many branches of the operator's core its own tests take, and which they don't. Last line JSON.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { runCommand } from "../run-command.ts";
import { type CoverageReport, uncoveredBranches } from "./branch-coverage.ts";

const root = join(import.meta.dirname, "../..");
const core = "operator/src/core";
const deadlineSeconds = 1800;

async function measure(folder: string): Promise<number> {
  const options = [
    "--coverage.enabled",
    "--coverage.provider=v8",
    `--coverage.include=${core}/**/*.ts`,
    "--coverage.reporter=json",
    `--coverage.reportsDirectory=${folder}`,
    // Counting costs time; a slow machine is no failure.
    "--testTimeout=300000",
  ];
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const command = [process.execPath, vitest, "run", core, "--reporter=dot", ...options];
  const ran = await runCommand(command, { cwd: root, deadlineSeconds });
  if (ran.code !== 0) {
    process.stdout.write(`${ran.output}\n`);
    return ran.code;
  }
  const report = JSON.parse(readFileSync(join(folder, "coverage-final.json"), "utf8")) as CoverageReport;
  const { branches, open } = uncoveredBranches(report);
  for (const { file, line, kind } of open)
    process.stdout.write(`  not taken ${relative(root, file)}:${line} ${kind}\n`);
  const percent = Number(((100 * (branches - open.length)) / Math.max(1, branches)).toFixed(2));
  process.stdout.write(`${percent} % of ${branches} branches in ${Math.round(ran.seconds)} s\n`);
  const ok = open.length === 0 && branches > 0;
  process.stdout.write(
    `${JSON.stringify({ R3: { branches, taken: branches - open.length, percent, wanted: 100, ok } })}\n`,
  );
  return ok ? 0 : 1;
}

const folder = mkdtempSync(join(tmpdir(), "retriever-coverage-"));
try {
  process.exitCode = await measure(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
