// `make coverage`: how many branches of the operator's core its own tests take, and which they don't. Last line JSON.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";

const root = join(import.meta.dirname, "../..");
const core = "operator/src/core";
const deadlineSeconds = 1800;

type Summary = { readonly total: { readonly branches: { readonly total: number; readonly covered: number } } };

async function measure(folder: string): Promise<number> {
  const options = [
    "--coverage.enabled",
    "--coverage.provider=v8",
    `--coverage.include=${core}/**/*.ts`,
    "--coverage.reporter=json-summary",
    // Names the lines of what is left in files that aren't covered whole.
    "--coverage.reporter=text",
    "--coverage.skipFull",
    `--coverage.reportsDirectory=${folder}`,
    // Counting costs time; a slow machine is no failure.
    "--testTimeout=300000",
  ];
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const command = [process.execPath, vitest, "run", core, "--reporter=dot", ...options];
  const ran = await runCommand(command, { cwd: root, deadlineSeconds });
  process.stdout.write(`${ran.output}\n`);
  if (ran.code !== 0) return ran.code;
  const { total } = JSON.parse(readFileSync(join(folder, "coverage-summary.json"), "utf8")) as Summary;
  const { total: branches, covered: taken } = total.branches;
  const percent = Number(((100 * taken) / Math.max(1, branches)).toFixed(2));
  process.stdout.write(`${percent} % of ${branches} branches in ${Math.round(ran.seconds)} s\n`);
  const ok = taken === branches && branches > 0;
  process.stdout.write(`${JSON.stringify({ R3: { branches, taken, percent, wanted: 100, ok } })}\n`);
  return ok ? 0 : 1;
}

const folder = mkdtempSync(join(tmpdir(), "retriever-coverage-"));
try {
  process.exitCode = await measure(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
