// `make check`: every static check, as many at once as there are processors. One line each, and the output of the
// failing ones. Exit 1 when any failed.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { generators } from "./generators.ts";
import { type Ran, runCommand } from "./run-command.ts";

type Check = { readonly name: string; readonly command: readonly string[] };

const root = join(import.meta.dirname, "..");
const deadlineSeconds = 300;

function installed(path: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(root, "node_modules", path), ...args];
}

function script(path: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(root, path), ...args];
}

/** The slow ones first, so that the last processor to finish finishes early. */
const checks: readonly Check[] = [
  { name: "lint", command: installed("oxlint/bin/oxlint", "--type-aware", "--deny-warnings", ".") },
  { name: "types", command: installed("typescript/bin/tsc", "--noEmit", "-p", ".") },
  { name: "dead code", command: installed("knip/bin/knip.js", "--no-progress") },
  { name: "import matrix", command: script("tools/imports/check-imports.ts") },
  { name: "figures", command: script("tools/stats.ts", "--list") },
  { name: "format", command: installed("@biomejs/biome/bin/biome", "check", ".") },
  ...generators.map((generator) => ({
    name: `fresh: ${generator.name}`,
    command: script(generator.script, "--check"),
  })),
];

async function runAll(): Promise<number> {
  const started = performance.now();
  const waiting = [...checks];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const ran = await runCommand(check.command, { cwd: root, deadlineSeconds });
      if (ran.code !== 0) failed += 1;
      report(check.name, ran);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${checks.length - failed} of ${checks.length} checks passed in ${seconds} s\n`);
  return failed === 0 ? 0 : 1;
}

function report(name: string, { code, output, seconds }: Ran): void {
  process.stdout.write(`${code === 0 ? "ok  " : "FAIL"} ${name.padEnd(18)} ${seconds.toFixed(1).padStart(5)} s\n`);
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n(exit ${code})\n`);
}

process.exitCode = await runAll();
