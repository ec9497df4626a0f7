#!/usr/bin/env node
// What a command of the plugin costs: seconds of CPU, medians of 20, beside a Node that does nothing. The last line is
// JSON. Options: --runs=N (20), --bundle=FILE (the program as it is given to people). Judged is the bundle where one is
// given: the source reads some hundred files and takes the types out of them, which nobody who installs the plugin waits for.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runToEnd } from "#support/process/run-to-end.ts";
import { nameOf, namespace, startPhases } from "../../ui/migrations.ts";
import { median } from "../report/statistics.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "20" }, bundle: { type: "string" } } });
const limits = { help: 0.15, status: 0.4 } as const;
const source = join(import.meta.dirname, "../../../kubectl-retriever/src/main.ts");

/** User and system seconds of one run, by the shell's own account of its child. */
async function cpuSeconds(words: readonly string[], cache: string): Promise<number> {
  const timed = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>&1';
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  const { stderr } = await runToEnd("bash", ["-c", timed, "bash", ...words], { env });
  return stderr
    .trim()
    .split(" ")
    .reduce((sum, part) => sum + Number(part), 0);
}

async function medianOf(words: readonly string[], cache: string): Promise<number> {
  await cpuSeconds(words, cache);
  const runs: number[] = [];
  for (let run = 0; run < Number(values.runs); run += 1) runs.push(await cpuSeconds(words, cache));
  return Number(median(runs).toFixed(3));
}

async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "bench-cli-"));
  const { api } = await startPhases(folder);
  try {
    const programs = { source, ...(values.bundle === undefined ? {} : { bundle: values.bundle }) };
    const cache = join(folder, "cache");
    const figures: Record<string, number> = { "bare Node": await medianOf([process.execPath, "-e", "0"], cache) };
    for (const [name, program] of Object.entries(programs)) {
      if (!existsSync(program)) throw new Error(`${program} isn't there`);
      const run = [process.execPath, program];
      figures[`--help, ${name}`] = await medianOf([...run, "--help"], cache);
      const status = ["status", nameOf("Guard"), "--namespace", namespace, "--kubeconfig", api.kubeconfigPath("admin")];
      const shown = await runToEnd(process.execPath, [program, ...status]);
      if (!shown.stdout.includes("Guard")) throw new Error(`status shows no guard: ${shown.stdout}${shown.stderr}`);
      figures[`status, ${name}`] = await medianOf([...run, ...status], cache);
    }
    for (const [name, seconds] of Object.entries(figures)) process.stdout.write(`${name.padEnd(18)} ${seconds} s\n`);
    const judged = values.bundle === undefined ? "source" : "bundle";
    const met =
      (figures[`--help, ${judged}`] ?? Infinity) <= limits.help &&
      (figures[`status, ${judged}`] ?? Infinity) <= limits.status;
    process.stdout.write(
      `${JSON.stringify({ u1: { runs: Number(values.runs), cpuSeconds: figures, judged, limits, met } })}\n`,
    );
    return met;
  } finally {
    await api.close();
    await rm(folder, { recursive: true });
  }
}

process.exitCode = (await main()) ? 0 : 1;
