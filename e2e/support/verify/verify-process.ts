// `retriever-data verify` as a stranger runs it: a config directory, a report folder, a process.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type VerifyReport,
  type VerifySummary,
  verifyReportSchema,
  verifySummarySchema,
} from "@retriever/sidecar/contract/verify-report.ts";
import type { RunResult } from "#support/process/run-to-end.ts";
import { startProcess, type WatchedProcess } from "#support/process/start-process.ts";

const main = fileURLToPath(import.meta.resolve("@retriever/data/main.ts"));

export type Place = {
  readonly path: string;
  /** Folder of reports and checkpoints, empty at first. */
  readonly reports: string;
  /** The report that the last run left. Throws when it isn't one. */
  readonly report: () => VerifyReport;
  readonly page: () => string;
  readonly summary: () => VerifySummary;
  readonly remove: () => void;
};

/** A folder whose configuration are these files, with room for the report. */
export function makePlace(files: Readonly<Record<string, object>>): Place {
  const path = mkdtempSync(join(tmpdir(), "retriever-verify-"));
  const reports = join(path, "report");
  mkdirSync(join(path, "config"));
  mkdirSync(reports);
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, "config", name), JSON.stringify(content));
  const place: Place = {
    path,
    reports,
    report: () => verifyReportSchema.parse(JSON.parse(readFileSync(reportFile(place), "utf8"))),
    page: () => readFileSync(join(reports, "report.html"), "utf8"),
    summary: () => verifySummarySchema.parse(JSON.parse(readFileSync(join(path, "termination-log"), "utf8"))),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  return place;
}

/** A folder for one pair of stores: adapters as a base names them. */
export function placeOf(source: object, destination: object): Place {
  const dualRead = { enabled: true, sampleRate: 0, shadow: destination };
  return makePlace({ "retriever.json": { primary: source, dualRead } });
}

/** Path of the place's report. */
export function reportFile({ reports }: Pick<Place, "reports">): string {
  const file = join(reports, "report.json");
  if (existsSync(file)) return file;
  throw new Error(`no report among ${readdirSync(reports).join(", ") || "no files"}`);
}

type Env = Readonly<Record<string, string>>;

/** Starts `verify` on the place with further arguments; ends with its caller. */
export function startVerify({ path, reports }: Place, args: readonly string[] = [], env: Env = {}) {
  const log = ["--termination-log", join(path, "termination-log")];
  // A repair leaves no report.
  const outputs = args.includes("--repair") ? [] : ["--report", reports, ...log];
  const all = [main, "verify", "--config", join(path, "config"), ...outputs, ...args];
  return startProcess<undefined>({ command: process.execPath, args: all, env });
}

/** Starts `copy` on the place, likewise. */
export function startCopy(place: Place, args: readonly string[] = []) {
  return start("copy", place, args);
}

/** Starts `sync`, likewise: it goes on until it is stopped. */
export function startSync(place: Place, args: readonly string[] = []) {
  return start("sync", place, args);
}

function start(command: string, { path }: Place, args: readonly string[]) {
  const all = [main, command, "--config", join(path, "config"), ...args];
  return startProcess<undefined>({ command: process.execPath, args: all });
}

/** Runs `copy` to the end, whatever comes out. */
export async function runCopy(...run: Parameters<typeof startCopy>): Promise<RunResult> {
  return endOf("copy", await startCopy(...run));
}

/** Runs `sync` to the end, likewise: with --once. */
export async function runSync(...run: Parameters<typeof startSync>): Promise<RunResult> {
  return endOf("sync", await startSync(...run));
}

/** Runs to the end, whatever comes out. */
export async function runVerify(...run: Parameters<typeof startVerify>): Promise<RunResult> {
  return endOf("verify", await startVerify(...run));
}

async function endOf(name: string, { ended, output }: WatchedProcess<undefined>): Promise<RunResult> {
  const exitCode = await ended;
  if (exitCode === null) throw new Error(`${name} was killed:\n${output().slice(-2000)}`);
  return { exitCode, stdout: output("stdout"), stderr: output("stderr") };
}

type Verified = { readonly report: VerifyReport; readonly seconds: number };

/** Runs to a result and reads its report. Rejects with its output when there is none. */
export async function verify(place: Place, args: readonly string[]): Promise<Verified> {
  const startedAt = performance.now();
  const { exitCode, stderr } = await runVerify(place, args);
  const seconds = (performance.now() - startedAt) / 1000;
  if (exitCode > 1) throw new Error(`verify ${args.join(" ")} ended with ${exitCode}:\n${stderr.slice(-2000)}`);
  return { report: place.report(), seconds };
}

/** Everything a report says apart from when it was made; two runs over the same data agree in it. */
export function contentOf(report: VerifyReport): string {
  const { startedAt: _, finishedAt: __, digest: ___, ...content } = report;
  const differences = content.differences.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify({ ...content, differences });
}
