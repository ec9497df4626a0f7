// `verify` from its options to its exit code: the run, the report and its page, the summary, and the report served.

import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { Address } from "@retriever/sidecar/http/listener.ts";
import { type ErrorCode, errorTable, faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { makeProgressReporter, type ProgressOutput } from "#compare/progress.ts";
import { remarksIn, runVerification } from "#compare/run.ts";
import { checkpointFile, type ReportFiles, type RunDeps, type RunOptions } from "#compare/run-deps.ts";
import { type NamedStores, nameStores, openStores } from "#config/open-stores.ts";
import { parseVerifyOptions, type VerifyFlags, type VerifyOptions } from "#config/options.ts";
import { servedTlsOf } from "#config/served-tls.ts";
import { seal, summaryText } from "#core/finish-report.ts";
import { reportPage } from "#core/report-page.ts";
import { defaultCells } from "#core/sketch.ts";
import { runQuality } from "#quality/quality-run.ts";
import { makeQuerySample } from "#quality/query-sample.ts";
import { readVersions } from "./read-versions.ts";
import { type ReportServer, serveReport } from "./serve-report.ts";

/** What a command gets from the process. */
export type CommandDeps = Pick<RunDeps, "clock" | "random" | "pause"> & {
  readonly env: Environment;
  readonly version: string;
  readonly registry: Registry;
  readonly openFolder: (folder: string) => ReportFiles;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  readonly progress: ProgressOutput;
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
};

export const exitCodes = { equal: 0, drift: 1, unknown: 2, badUsage: 3 } as const;
export const reportFile = "report.json";
export const pageFile = "report.html";

const pageSize = 10_000;

const usageCodes: ReadonlySet<ErrorCode> = new Set([
  "RETR_CONFIG_INVALID",
  "RETR_CREDENTIAL_MISSING",
  "RETR_CREDENTIAL_INVALID",
  "RETR_CREDENTIAL_NOT_ALLOWED",
  "RETR_HOST_NOT_ALLOWED",
  "RETR_SOURCE_CHANGED",
  "RETR_VERIFY_UNSUPPORTED",
  "RETR_VERIFY_CHECKPOINT_INVALID",
  "RETR_REPAIR_REFUSED",
  "RETR_COPY_REFUSED",
]);

/** The exit code of an error that ended the command before its report. */
export function exitCodeOf(error: unknown): number {
  return usageCodes.has(faultOf(error).code) ? exitCodes.badUsage : exitCodes.unknown;
}

/** Resolves with the exit code. Rejects with what ended it before there was anything to report. */
export async function verify(flags: VerifyFlags, deps: CommandDeps): Promise<number> {
  const asked = parseVerifyOptions(flags, deps.env);
  const named = nameStores(flags, deps);
  const isLimited = flags.level === undefined && !named.areDated;
  const options = isLimited ? { ...asked, scope: { ...asked.scope, level: "ids" as const } } : asked;
  const server = options.serveReport === null ? null : await serveAt(options.serveReport, deps);
  try {
    const compared = await compareStores(options, named, deps, server);
    const fault = await writeReport(compared, options, deps);
    const report = fault === undefined ? compared : withoutReport(compared, fault);
    await writeSummary(options.terminationLog, summaryText(report), deps);
    deps.print(describe(report, deps.progress.isTerminal));
    await server?.untilFetched(report, options.serveForMs, deps.signal);
    return exitCodes[report.outcome];
  } finally {
    await server?.close();
  }
}

async function serveAt(address: Address, deps: CommandDeps): Promise<ReportServer> {
  const { isTerminal, write } = deps.progress;
  const tls = servedTlsOf(deps);
  try {
    const server = await serveReport(address, tls);
    const { host, port } = server.address;
    const report = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    write(
      isTerminal
        ? `serving ${tls.tls === null ? "http" : "https"}://${report}/v1/report\n`
        : `${JSON.stringify({ event: "serving", report })}\n`,
    );
    return server;
  } catch (error) {
    if (error instanceof RetrieverError) throw error;
    const message = `verify: --serve-report: ${address.host}:${address.port} can't be listened on`;
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message }, error);
  }
}

/** One verification of the two. Resolves whatever the stores do, as `runVerification`. */
export async function compareStores(
  options: VerifyOptions,
  named: NamedStores,
  deps: CommandDeps,
  server: Pick<ReportServer, "onProgress"> | null = null,
): Promise<VerifyReport> {
  const { clock, random, pause, signal, version, registry } = deps;
  const { scope, rowsPerSecond, isResumed, reportFolder, checkpointMs, quality } = options;
  const stores = openStores(named, registry);
  const reporter = makeProgressReporter(deps.progress, clock);
  const { onNote } = reporter;
  const sample = makeQuerySample(quality !== null && quality.file === null ? quality.queries : 0, random);
  const run: RunOptions = {
    scope,
    rowsPerSecond,
    isResumed,
    fields: named.fields,
    pageSize,
    cells: defaultCells,
    checkpointMs,
  };
  const files = reportFolder === null ? null : deps.openFolder(reportFolder);
  const onProgress: RunDeps["onProgress"] = (progress) => {
    reporter.onProgress(progress);
    server?.onProgress(progress);
  };
  try {
    const runDeps = { stores, clock, random, pause, files, onProgress, onNote, onSourceBatch: sample.take };
    const findings = await runVerification(run, runDeps, signal);
    const measured =
      quality === null || findings.outcome === "unknown"
        ? null
        : await runQuality({ options: quality, named, registry, clock, ids: sample.ids(), onNote }, signal);
    const { differences, remarks } = await readVersions(
      findings.differences,
      { named, registry, rowsPerSecond, pause, clock, onNote },
      signal,
    );
    const finishedAt = new Date(clock.wallMs()).toISOString();
    const sides = {
      source: withRemark(findings.source, remarks.source),
      destination: withRemark(findings.destination, remarks.destination),
    };
    return seal({ schema: 1, version, ...findings, ...sides, differences, quality: measured, finishedAt });
  } finally {
    reporter.end();
    await Promise.all([stores.source.close(), stores.destination.close()]);
  }
}

function withRemark(store: VerifyReport["source"], remark: string | undefined): VerifyReport["source"] {
  return remark === undefined ? store : { ...store, ...remarksIn([remark, ...(store.remarks ?? [])]) };
}

/** A summary that can't be written ends nothing: the report may still be fetched, and the log says the same. */
export async function writeSummary(
  path: string | null,
  text: string,
  { writeFile, progress }: CommandDeps,
): Promise<void> {
  if (path === null) return;
  await writeFile(path, text).catch(() => progress.write(`${path} can't be written\n`));
}

/** Writes the report and its page. Resolves with the error when they can't be written. */
export async function writeReport(
  report: VerifyReport,
  { reportFolder }: VerifyOptions,
  { openFolder }: CommandDeps,
): Promise<RetrieverError | undefined> {
  if (reportFolder === null) return undefined;
  const files = openFolder(reportFolder);
  try {
    await files.write(pageFile, reportPage(report));
    await files.write(reportFile, `${JSON.stringify(report, null, 1)}\n`);
    // Only now, so that a run that is interrupted before can be resumed.
    if (report.outcome !== "unknown") await files.remove(checkpointFile);
    return undefined;
  } catch (error) {
    if (error instanceof RetrieverError) return error;
    throw error;
  }
}

/** A result without its report can't be reviewed, so it is unknown. */
function withoutReport(report: VerifyReport, { code, message }: RetrieverError): VerifyReport {
  const { digest: _digest, ...rest } = report;
  return seal({ ...rest, outcome: "unknown", reason: `${code}: ${message}` });
}

/** For people on a terminal, else the summary as one line of JSON. */
function describe(report: VerifyReport, isTerminal: boolean): string {
  if (!isTerminal) return `${summaryText(report)}\n`;
  const { outcome, reason, counts, source, destination } = report;
  const kinds = Object.entries(counts).filter(([, count]) => count > 0);
  const found = kinds.map(([kind, count]) => `${count} ${kind}`).join(", ") || "no differences";
  const lines = [
    `${outcome}: ${found}${report.isListComplete ? "" : ", and more than is listed"}`,
    `source ${source.identity.label}: ${source.read} ${plural(source.read, "chunk")}`,
    `destination ${destination.identity.label}: ${destination.read} ${plural(destination.read, "chunk")}`,
    ...(reason === null ? [] : [reason, remedyOf(reason)]),
  ];
  return `${lines.join("\n")}\n`;
}

function remedyOf(reason: string): string {
  const [code = ""] = reason.split(":");
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].remedy : "";
}
