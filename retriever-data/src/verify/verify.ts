// `verify` from its options to its exit code: run, report, page, short form, and the report served.

import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { Address } from "@retriever/sidecar/http/address.ts";
import { type ErrorCode, errorTable, faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { Clock, Random } from "@retriever/stores/ports/clock.ts";
import { seal, summaryText } from "#core/finish-report.ts";
import { reportPage } from "#core/report-page.ts";
import { defaultCells } from "#core/sketch.ts";
import type { ReportFiles } from "#ports/report-files.ts";
import { runQuality } from "#quality/quality-run.ts";
import { makeQuerySample } from "#quality/query-sample.ts";
import { type NamedStores, nameStores, openStores } from "./open-stores.ts";
import { parseVerifyOptions, type VerifyFlags, type VerifyOptions } from "./options.ts";
import { makeProgressTeller } from "./progress.ts";
import { type Findings, runVerification } from "./run.ts";
import { checkpointFile, type RunDeps, type RunOptions } from "./run-deps.ts";
import { type ReportServer, serveReport } from "./serve-report.ts";

/** What the process lends. */
export type VerifyProcess = {
  readonly env: Environment;
  readonly version: string;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  readonly pause: RunDeps["pause"];
  readonly openFolder: (folder: string) => ReportFiles;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** Where progress goes, and whether a person reads it. */
  readonly progress: { readonly isTerminal: boolean; readonly write: (text: string) => void };
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
  "RETR_CREDENTIAL_NOT_ALLOWED",
  "RETR_HOST_NOT_ALLOWED",
  "RETR_SOURCE_CHANGED",
  "RETR_VERIFY_UNSUPPORTED",
  "RETR_VERIFY_CHECKPOINT_INVALID",
  "RETR_REPAIR_REFUSED",
]);

/** The exit code of an error that ended the command before its report. */
export function exitCodeOf(error: unknown): number {
  return usageCodes.has(faultOf(error).code) ? exitCodes.badUsage : exitCodes.unknown;
}

/** Resolves with the exit code. Rejects with what ended it before there was anything to report. */
export async function verify(flags: VerifyFlags, process: VerifyProcess): Promise<number> {
  const options = parseVerifyOptions(flags, process.env);
  const named = nameStores(flags, process);
  const server = options.serveReport === null ? null : await serveAt(options.serveReport, process.progress);
  try {
    const report = await compare(options, named, { process, server });
    const fault = await keep(report, options, process);
    const told = fault === undefined ? report : withoutReport(report, fault);
    await leaveWords(options.terminationLog, summaryText(told), process);
    process.print(closing(told, process.progress.isTerminal));
    await server?.untilFetched(told, options.serveForMs, process.signal);
    return exitCodes[told.outcome];
  } finally {
    await server?.close();
  }
}

async function serveAt(address: Address, { isTerminal, write }: VerifyProcess["progress"]): Promise<ReportServer> {
  try {
    const server = await serveReport(address);
    const { host, port } = server.address;
    const report = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    write(isTerminal ? `serving http://${report}/v1/report\n` : `${JSON.stringify({ event: "serving", report })}\n`);
    return server;
  } catch (error) {
    const message = `verify: --serve-report: ${address.host}:${address.port} can't be listened on`;
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message }, error);
  }
}

type Around = { readonly process: VerifyProcess; readonly server: ReportServer | null };

async function compare(options: VerifyOptions, named: NamedStores, { process, server }: Around): Promise<VerifyReport> {
  const { clock, random, pause, signal, version } = process;
  const stores = openStores(named, process.registry);
  const teller = makeProgressTeller(process.progress, clock);
  const { scope, rowsPerSecond, isResumed, reportFolder, checkpointMs, quality: wish } = options;
  const sample = makeQuerySample(wish !== null && wish.file === null ? wish.queries : 0, random);
  const run: RunOptions = {
    scope,
    rowsPerSecond,
    isResumed,
    fields: named.fields,
    pageSize,
    cells: defaultCells,
    checkpointMs,
  };
  const files = reportFolder === null ? null : process.openFolder(reportFolder);
  const onProgress: RunDeps["onProgress"] = (progress) => {
    teller.onProgress(progress);
    server?.tell(progress);
  };
  try {
    const { onNote } = teller;
    const deps = { stores, clock, random, pause, files, onProgress, onNote, onSourceBatch: sample.take };
    const found = await runVerification(run, deps, signal);
    const probe = { named, registry: process.registry, clock, ids: sample.ids(), onNote };
    const isWanted = wish !== null && found.outcome !== "unknown";
    return finish(
      { ...found, quality: isWanted ? await runQuality({ ...probe, wish }, signal) : null },
      version,
      clock,
    );
  } finally {
    teller.end();
    await Promise.all([stores.source.close(), stores.destination.close()]);
  }
}

type Probed = Findings & Pick<VerifyReport, "quality">;

function finish(found: Probed, version: string, clock: Clock): VerifyReport {
  const finishedAt = new Date(clock.wallMs()).toISOString();
  return seal({ schema: 1, version, ...found, finishedAt });
}

/** Whoever can't read them there may still fetch the report. */
async function leaveWords(path: string | null, words: string, { writeFile, progress }: VerifyProcess): Promise<void> {
  if (path === null) return;
  await writeFile(path, words).catch(() => progress.write(`${path} can't be written\n`));
}

/** Writes the report and its page. What can't be written comes back. */
async function keep(
  report: VerifyReport,
  { reportFolder }: VerifyOptions,
  { openFolder }: VerifyProcess,
): Promise<RetrieverError | undefined> {
  if (reportFolder === null) return undefined;
  const files = openFolder(reportFolder);
  try {
    await files.write(pageFile, reportPage(report));
    await files.write(reportFile, `${JSON.stringify(report, null, 1)}\n`);
    // Only now: a run that is interrupted here finds its way again.
    if (report.outcome !== "unknown") await files.remove(checkpointFile);
    return undefined;
  } catch (error) {
    if (error instanceof RetrieverError) return error;
    throw error;
  }
}

/** Evidence that nobody can read is none. */
function withoutReport(report: VerifyReport, { code, message }: RetrieverError): VerifyReport {
  const { digest: _digest, ...rest } = report;
  return seal({ ...rest, outcome: "unknown", reason: `${code}: ${message}` });
}

function closing(report: VerifyReport, isTerminal: boolean): string {
  if (!isTerminal) return `${summaryText(report)}\n`;
  const { outcome, reason, counts, source, destination } = report;
  const kinds = Object.entries(counts).filter(([, count]) => count > 0);
  const told = kinds.map(([kind, count]) => `${count} ${kind}`).join(", ") || "no differences";
  const lines = [
    `${outcome}: ${told}${report.isListComplete ? "" : ", and more than is listed"}`,
    `source ${source.identity.label}: ${source.read} chunks`,
    `destination ${destination.identity.label}: ${destination.read} chunks`,
    ...(reason === null ? [] : [reason, remedyOf(reason)]),
  ];
  return `${lines.join("\n")}\n`;
}

function remedyOf(reason: string): string {
  const [code = ""] = reason.split(":");
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].remedy : "";
}
