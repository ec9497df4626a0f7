// The Reports port over HTTP: a verifier serves its report until it was fetched. Nothing is believed that isn't proved.

import { removalsPath, syncStatusSchema } from "@retriever/sidecar/contract/sync-status.ts";
import { digestOfReport, verifyReportSchema } from "@retriever/sidecar/contract/verify-report.ts";
import { isSameStore } from "@retriever/stores/config/identity.ts";
import { Agent } from "undici";
import { OperatorError } from "#errors.ts";
import { ask, checkDocument, type Invalid, originOf, parseForeign, readOk } from "#http/exchange.ts";
import type { ReportStores, Reports } from "#ports/jobs.ts";

/** A difference has at least 96 bytes with six values, so that 900 KiB of a report have less than 60,000. */
export const mostReportValues = 64_000;

/** A status has at most a hundred refused chunks of three values each, in 64 KiB. */
const mostSyncBytes = 65_536;
const mostSyncValues = 1000;

export type HttpReports = Reports & { close(): Promise<void> };

/** Verifiers by address. A connection is used once: the process ends after the answer. */
export function makeHttpReports({ deadlineMs }: { readonly deadlineMs: number }): HttpReports {
  const dispatcher = new Agent({ connections: 1, pipelining: 0, allowH2: false, connect: { timeout: deadlineMs } });
  const at = (address: string, port: number, signal: AbortSignal, path = "/v1/report") => ({
    url: `${originOf(address, port)}${path}`,
    dispatcher,
    deadlineMs,
    signal,
    about: `report of ${address}:${port}`,
    unreachable: "ROP_SIDECAR_UNREACHABLE" as const,
  });
  return {
    isReady: (address, port, signal) =>
      ask({ ...at(address, port, signal), method: "HEAD" }, async ({ statusCode, body }) => {
        await body.dump();
        return statusCode === 200;
      }),
    fetch: ({ address, port, maxBytes }, stores, signal) => {
      const { url, about, ...rest } = at(address, port, signal);
      const invalid: Invalid = (what) => new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${about}: ${what}`);
      return ask({ ...rest, about, url: `${url}?maxBytes=${maxBytes}` }, async (answer) =>
        prove(await readOk(answer, maxBytes, invalid), stores, invalid),
      );
    },
    readSync: ({ address, port, removals }, stores, signal) => {
      const place = at(address, port, signal, `${removalsPath}?removals=${removals}`);
      const request = { ...place, method: "POST" as const, about: `sync of ${address}:${port}` };
      const invalid: Invalid = (what) => new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${request.about}: ${what}`);
      return ask(request, async (answer) => {
        const text = await readOk(answer, mostSyncBytes, invalid);
        const told = checkDocument(parseForeign(text, mostSyncValues, invalid), syncStatusSchema, invalid);
        if (!isOf(told, stores)) throw invalid("a sync of other stores than the migration's");
        return told;
      });
    },
    close: () => dispatcher.destroy(),
  };
}

/** The text again, once it is a report of these stores that nobody has edited. */
function prove(text: string, stores: ReportStores, invalid: Invalid): string {
  const report = checkDocument(parseForeign(text, mostReportValues, invalid), verifyReportSchema, invalid);
  if (digestOfReport(report) !== report.digest) throw invalid("the digest is not the report's");
  const { source, destination } = report;
  if (!isOf({ source: source.identity, destination: destination.identity }, stores))
    throw invalid("a report about other stores than the migration's");
  return text;
}

function isOf({ source, destination }: ReportStores, stores: ReportStores): boolean {
  return isSameStore(source, stores.source) && isSameStore(destination, stores.destination);
}
