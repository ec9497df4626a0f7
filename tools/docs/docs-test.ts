// `make docs-test`: everything that holds the pages to the code and to themselves, and what of them was tried. The last
// line is one JSON object; exit 1 when anything failed.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import { summarize, type TestReport } from "../test-summary.ts";
import { readSource, treePaths } from "../tree.ts";
import { blocksOf, commandsOf } from "./blocks.ts";
import { commandFrom } from "./commands.ts";

const root = join(import.meta.dirname, "../..");
const tests = ["tools/docs", "crds/test/examples.test.ts"];

async function runTests(): Promise<ReturnType<typeof summarize>> {
  const folder = mkdtempSync(join(tmpdir(), "retriever-docs-"));
  const reportFile = join(folder, "report.json");
  const runner = join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const command = [process.execPath, runner, "run", ...reporters, ...tests];
  const { code, output } = await runCommand(command, { cwd: root, deadlineSeconds: 600 });
  process.stdout.write(output);
  // Past its deadline the runner leaves none.
  const report = existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, "utf8")) as TestReport) : undefined;
  const summary = summarize(report, code);
  rmSync(folder, { recursive: true, force: true });
  return summary;
}

async function figures() {
  const pages = (await treePaths(root)).filter((path) => path.endsWith(".md"));
  const blocks = pages.flatMap((page) => blocksOf(page, readSource(root, page).text));
  const commands = blocks.flatMap((block) => commandsOf(block).map((line) => ({ block, command: commandFrom(line) })));
  const run = commands.filter(({ block, command }) => block.notRun === undefined && command?.isOffline === true);
  const notRun = blocks.filter(({ notRun }) => notRun !== undefined);
  const links = pages.flatMap((page) => readSource(root, page).text.match(/\]\((?![a-z]+:)[^)\s]+\)/g) ?? []);
  return {
    pages: pages.length,
    blocks: blocks.length,
    commands: commands.length,
    run: run.length,
    markedNotRun: notRun.length,
    links: links.length,
  };
}

const started = performance.now();
const { passed, failed, exitCode } = await runTests();
const seconds = Math.round((performance.now() - started) / 100) / 10;
process.stdout.write(`${JSON.stringify({ ...(await figures()), passed, failed, seconds })}\n`);
process.exitCode = exitCode;
