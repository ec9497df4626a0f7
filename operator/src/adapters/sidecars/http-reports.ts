// The Reports port over HTTP: a verifier serves its report until it was fetched. Nothing is believed that isn't proved.

import { digestOfReport, type VerifyReport, verifyReportSchema } from "@retriever/sidecar/contract/verify-report.ts";
import { faultsOf } from "@retriever/stores/config/config-fault.ts";
import { Agent, type Dispatcher, request } from "undici";
import { OperatorError } from "#errors.ts";
import type { ReportPlace, ReportStores, Reports } from "#ports/jobs.ts";
import { transportFault } from "./transport-fault.ts";

export type HttpReports = Reports & { close(): Promise<void> };

/** Verifiers by address. A connection is used once: the process ends after the answer. */
export function makeHttpReports(options: { readonly deadlineMs: number }): HttpReports {
  const { deadlineMs } = options;
  const dispatcher = new Agent({ connections: 1, pipelining: 0, allowH2: false, connect: { timeout: deadlineMs } });
  const ask = async <T>(
    method: "HEAD" | "GET",
    { address, port, query }: { readonly address: string; readonly port: number; readonly query: string },
    signal: AbortSignal,
    read: (answer: Dispatcher.ResponseData, peer: string) => Promise<T>,
  ): Promise<T> => {
    const deadline = AbortSignal.timeout(deadlineMs);
    const peer = `${address}:${port}`;
    const host = address.includes(":") ? `[${address}]` : address;
    try {
      const answer = await request(`http://${host}:${port}/v1/report${query}`, {
        method,
        dispatcher,
        signal: AbortSignal.any([signal, deadline]),
      });
      return await read(answer, peer);
    } catch (fault) {
      throw transportFault(fault, { what: "report", peer }, { outer: signal, deadline });
    }
  };
  return {
    isReady: (address, port, signal) =>
      ask("HEAD", { address, port, query: "" }, signal, async ({ statusCode, body }) => {
        await body.dump();
        return statusCode === 200;
      }),
    fetch: ({ address, port, maxBytes }: ReportPlace, stores, signal) =>
      ask("GET", { address, port, query: `?maxBytes=${maxBytes}` }, signal, async (answer, peer) =>
        prove(peer, await readText(peer, answer, maxBytes), stores),
      ),
    close: () => dispatcher.destroy(),
  };
}

async function readText(peer: string, answer: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw invalid(peer, `more than ${maxBytes} bytes`);
    parts.push(part);
  }
  if (answer.statusCode !== 200) throw invalid(peer, `HTTP ${answer.statusCode}, expected 200`);
  return Buffer.concat(parts).toString("utf8");
}

/** The text again, once it is a report of these stores that nobody has edited. */
function prove(peer: string, text: string, stores: ReportStores): string {
  const report = parse(peer, text);
  if (digestOfReport(report) !== report.digest) throw invalid(peer, "the digest is not the report's");
  const { source, destination } = report;
  if (source.identity.digest !== stores.source || destination.identity.digest !== stores.destination)
    throw invalid(peer, "a report about other stores than the migration's");
  return text;
}

function parse(peer: string, text: string): VerifyReport {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid(peer, "not JSON");
  }
  const parsed = verifyReportSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error).slice(0, 5);
  throw invalid(peer, faults.map(({ path, message }) => `${path}: ${message}`).join("; "));
}

function invalid(peer: string, what: string): OperatorError {
  return new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `report of ${peer}: ${what}`);
}
