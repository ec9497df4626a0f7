// `make e2e`: conformance and stories on a real cluster. Says which cluster it took; prints the figures as one JSON
// line and ends with `N passed, N failed`. A cluster that can't be had is said aloud, and a failure under CI=1.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { helmBinary } from "#clusters/real/binaries.ts";
import { auditLog } from "#clusters/real/components.ts";
import { findGo } from "#clusters/real/go-build.ts";
import type { ClusterKind } from "#clusters/real/layout.ts";
import { type ProvidedCluster, provideCluster } from "#clusters/real/provide-cluster.ts";
import { type GivenCluster, givenVariable } from "./given-cluster.ts";
import { transcriptName } from "./kubectl-watch.ts";

const root = join(import.meta.dirname, "../../..");
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Which files run on which kind of cluster. */
const parts: Readonly<Record<ClusterKind, string>> = {
  "control-plane": "e2e/stories/real/control-plane",
  node: "e2e/stories/real/node",
};

type Tally = { readonly passed: number; readonly failed: number };
const open = new Set<ProvidedCluster>();
const running = new Set<ChildProcess>();

/** One part after the other comes up, so that nothing is built twice; their tests run side by side. */
async function runParts(kinds: readonly ClusterKind[], scratch: string, filter: readonly string[]): Promise<Tally> {
  const begun: Promise<Tally>[] = [];
  // What a part says while a later one comes up, or beside the node that takes much longer, waits for the end.
  const said: string[] = [];
  try {
    for (const kind of kinds) {
      const files = filter.length === 0 ? [parts[kind]] : filter.map((word) => `${parts[kind]}/${word}`);
      const print = kind === kinds.at(-1) ? undefined : (text: string) => void said.push(text);
      const { ended } = await startPart(kind, { scratch, files, print });
      begun.push(ended);
    }
  } finally {
    await Promise.allSettled(begun);
    say(said.join(""));
  }
  const tallies = await Promise.all(begun);
  const sum = (count: keyof Tally) => tallies.reduce((total, tally) => total + tally[count], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}

type PartRun = Pick<TestRun, "files" | "print"> & { readonly scratch: string };

/** Begins the tests of a part; resolves once its cluster is there. */
async function startPart(kind: ClusterKind, { scratch, ...run }: PartRun): Promise<{ readonly ended: Promise<Tally> }> {
  say(`\n=== ${kind}`);
  const cluster = await provideCluster(kind, say);
  if ("missing" in cluster) {
    say(`SKIPPED: no cluster for ${parts[kind]}; missing: ${cluster.missing}`);
    return { ended: Promise.resolve({ passed: 0, failed: process.env["CI"] === "1" ? 1 : 0 }) };
  }
  open.add(cluster);
  const given = await givenOf(cluster, join(scratch, "figures.jsonl"));
  return { ended: runPart(cluster, given, { ...run, reportFile: join(scratch, `${kind}.json`) }) };
}

async function givenOf(cluster: ProvidedCluster, figures: string): Promise<GivenCluster> {
  const { kind, adminKubeconfig, operatorKubeconfig, folder, binaries } = cluster;
  return { adminKubeconfig, operatorKubeconfig, folder, binaries, figures, ...(await helms(kind)) };
}

async function runPart(cluster: ProvidedCluster, given: GivenCluster, run: TestRun): Promise<Tally> {
  try {
    const tally = await runTests(given, run);
    if (tally.failed > 0 && cluster.folder !== undefined) keepLogs(cluster.kind, cluster.folder);
    return tally;
  } finally {
    await cluster.close();
    open.delete(cluster);
  }
}

/** Stories install the operator by Helm. */
async function helms(kind: ClusterKind): Promise<Pick<GivenCluster, "helm3" | "helm4">> {
  const go = kind === "node" ? await findGo() : undefined;
  return go === undefined ? {} : { helm3: await helmBinary(go, 3, say), helm4: await helmBinary(go, 4, say) };
}

/** What the parts, the pods and the operator said, for whoever looks for the reason. */
function keepLogs(kind: ClusterKind, folder: string): void {
  const kept = join(root, "reports/e2e", kind);
  rmSync(kept, { recursive: true, force: true });
  for (const name of ["logs", "log", auditLog]) {
    if (existsSync(join(folder, name))) cpSync(join(folder, name), join(kept, name), { recursive: true });
  }
  say(`logs: ${kept}`);
}

type TestRun = {
  readonly files: readonly string[];
  readonly reportFile: string;
  /** Takes what the tests print; undefined: it goes where this program's output goes. */
  readonly print: ((text: string) => void) | undefined;
};

async function runTests(given: GivenCluster, { files, reportFile, print }: TestRun): Promise<Tally> {
  const runner = join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=verbose", "--reporter=json", `--outputFile.json=${reportFile}`];
  const child = spawn(process.execPath, [runner, "run", "--no-file-parallelism", ...reporters, ...files], {
    cwd: root,
    stdio: print === undefined ? "inherit" : ["ignore", "pipe", "pipe"],
    env: { ...process.env, [givenVariable]: JSON.stringify(given) },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", print ?? say);
  running.add(child);
  child.once("exit", () => running.delete(child));
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  return tallyOf(reportFile, code);
}

/** A bad exit shows, whatever the report says. */
function tallyOf(reportFile: string, code: number): Tally {
  if (!existsSync(reportFile)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(reportFile, "utf8")) as { numPassedTests: number; numFailedTests: number };
  const failed = code === 0 ? report.numFailedTests : Math.max(1, report.numFailedTests);
  return { passed: report.numPassedTests, failed };
}

/** All figures by name, the stories' own below it. */
function readFigures(scratch: string): object {
  const file = join(scratch, "figures.jsonl");
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const figures: Record<string, Record<string, unknown>> = {};
  for (const line of lines) {
    const { figure, of, value } = JSON.parse(line) as { figure: string; of: string; value: unknown };
    figures[figure] = { ...figures[figure], [of]: value };
  }
  return figures;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { part: { type: "string" } }, allowPositionals: true });
  const chosen = (Object.keys(parts) as ClusterKind[]).filter(
    (kind) => values.part === undefined || values.part === kind,
  );
  if (chosen.length === 0)
    throw new Error(`--part: got ${values.part}, expected one of ${Object.keys(parts).join(", ")}`);
  const scratch = mkdtempSync(join(tmpdir(), "retriever-e2e-run-"));
  let tally: Tally = { passed: 0, failed: 0 };
  try {
    tally = await runParts(chosen, scratch, positionals);
    const transcript = join(scratch, transcriptName);
    if (existsSync(transcript)) say(readFileSync(transcript, "utf8"));
    say(JSON.stringify(readFigures(scratch)));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  say(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
}

/** An interrupt ends what was started, and its traces. */
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill("SIGKILL");
    void Promise.allSettled([...open].map((cluster) => cluster.close())).finally(() => process.exit(130));
  });
}

process.exitCode = await main();
