// `retriever-data verify` as a process, from a folder of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type VerifyReport,
  type VerifySummary,
  verifyReportSchema,
  verifySummarySchema,
} from "@retriever/sidecar/contract/verify-report.ts";

const main = fileURLToPath(import.meta.resolve("@retriever/data/main.ts"));

export type VerifyFolder = {
  readonly path: string;
  /** The report that the last run left. Throws when it isn't one. */
  readonly report: () => VerifyReport;
  readonly page: () => string;
  readonly summary: () => VerifySummary;
  readonly remove: () => void;
};
type Running = {
  /** Lines of standard error so far. */
  readonly progress: readonly string[];
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
};

/** A folder with `config/` holding these files, and room for the report. */
export function makeVerifyFolder(files: Readonly<Record<string, object>>): VerifyFolder {
  const path = mkdtempSync(join(tmpdir(), "retriever-verify-"));
  mkdirSync(join(path, "config"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, "config", name), JSON.stringify(content));
  }
  const read = (...name: string[]): string => readFileSync(join(path, ...name), "utf8");
  return {
    path,
    report: () => verifyReportSchema.parse(JSON.parse(read("report", "report.json"))),
    page: () => read("report", "report.html"),
    summary: () => verifySummarySchema.parse(JSON.parse(read("termination-log"))),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Starts a run over the folder's configuration, with a report and a summary. */
export function startVerify(
  { path }: VerifyFolder,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Running {
  const own = ["--config", join(path, "config"), "--report", join(path, "report")];
  const all = [main, "verify", ...own, "--termination-log", join(path, "termination-log"), ...args];
  const child = spawn(process.execPath, all, { env: { PATH: process.env["PATH"], ...env } });
  const [stdout, progress]: [string[], string[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => progress.push(chunk.toString()));
  const ended = (async () => {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout: stdout.join(""), stderr: progress.join("") };
  })();
  return { progress, ended };
}
