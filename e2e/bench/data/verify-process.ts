// `retriever-data verify` as a stranger runs it: a config directory, a report folder, a process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type VerifyReport, verifyReportSchema } from "@retriever/sidecar/contract/verify-report.ts";

const main = fileURLToPath(import.meta.resolve("@retriever/data/main.ts"));

export type Place = {
  readonly config: string;
  /** Folder of reports and checkpoints, empty at first. */
  readonly reports: string;
  readonly remove: () => void;
};

/** Directories for one pair of stores: adapters as a base names them. */
export function makePlace(source: object, destination: object): Place {
  const folder = mkdtempSync(join(tmpdir(), "retriever-bench-verify-"));
  const [config, reports] = [join(folder, "config"), join(folder, "reports")];
  mkdirSync(config);
  mkdirSync(reports);
  const dualRead = { enabled: true, sampleRate: 0, shadow: destination };
  writeFileSync(join(config, "retriever.json"), JSON.stringify({ primary: source, dualRead }));
  return { config, reports, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

type Ended = {
  readonly exitCode: number | null;
  readonly seconds: number;
  /** The end of what it wrote. */
  readonly output: string;
};
export type Running = {
  readonly pid: number;
  /** Resolves when a line of its output fits, or when it ends. */
  readonly untilLine: (fits: (line: string) => boolean) => Promise<void>;
  readonly kill: () => void;
  readonly ended: Promise<Ended>;
};

const running = new Set<number>();
process.once("exit", () => {
  for (const pid of running) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself in between.
    }
  }
});

/** Starts `verify` on the place with further arguments. */
export function startVerify(place: Place, args: readonly string[]): Running {
  const startedAt = performance.now();
  // A repair leaves no report.
  const folder = args.includes("--repair") ? [] : ["--report", place.reports];
  const all = [main, "verify", "--config", place.config, ...folder, ...args];
  const child = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid ?? 0;
  running.add(pid);
  let output = "";
  const waiting = new Set<{ readonly fits: (line: string) => boolean; readonly resolve: () => void }>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output = `${output}${line}\n`.slice(-20_000);
      for (const each of waiting) if (each.fits(line)) each.resolve();
    });
  }
  const ended = once(child, "close").then(([code]): Ended => {
    running.delete(pid);
    for (const each of waiting) each.resolve();
    return { exitCode: code as number | null, seconds: (performance.now() - startedAt) / 1000, output };
  });
  const untilLine = async (fits: (line: string) => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add({ fits, resolve });
    await promise;
  };
  return { pid, untilLine, kill: () => void child.kill("SIGKILL"), ended };
}

type Verified = Ended & { readonly report: VerifyReport };

/** Runs to the end and reads the report. Rejects with its output when there is none, or no result. */
export async function verify(place: Place, args: readonly string[]): Promise<Verified> {
  const ended = await startVerify(place, args).ended;
  if (ended.exitCode !== 0 && ended.exitCode !== 1) {
    throw new Error(`verify ${args.join(" ")} ended with ${ended.exitCode}:\n${ended.output}`);
  }
  return { ...ended, report: readReport(place) };
}

/** Path of the place's report. */
export function reportFile({ reports }: Place): string {
  const file = join(reports, "report.json");
  if (existsSync(file)) return file;
  throw new Error(`no report among ${readdirSync(reports).join(", ") || "no files"}`);
}

export function readReport(place: Place): VerifyReport {
  return verifyReportSchema.parse(JSON.parse(readFileSync(reportFile(place), "utf8")));
}

/** Everything a report says apart from when it was made; two runs over the same data agree in it. */
export function contentOf(report: VerifyReport): string {
  const { startedAt: _, finishedAt: __, digest: ___, ...content } = report;
  const differences = content.differences.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify({ ...content, differences });
}
