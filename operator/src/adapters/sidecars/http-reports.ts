// The Reports port over HTTP: a verifier serves its report until it was fetched. Nothing is believed that isn't proved.

import { removalsPath, syncStatusSchema } from "@retriever/sidecar/contract/sync-status.ts";
import { digestOfReport, verifyReportSchema } from "@retriever/sidecar/contract/verify-report.ts";
import { isSameStore } from "@retriever/stores/config/identity.ts";
import type { PodPeer } from "#core/model/pod-peer.ts";
import { OperatorError } from "#errors.ts";
import { ask, checkDocument, type Invalid, parseForeign, readOk } from "#http/exchange.ts";
import type { ProvedReport, ReportStores, Reports } from "#ports/jobs.ts";
import { openAgents, type PodTls } from "./pod-agents.ts";
import { noTokens, type PodTokens } from "./pod-tokens.ts";

/** A difference has at least 96 bytes with six values, so that 900 KiB of a report have less than 60,000. */
export const mostReportValues = 64_000;

/** A status has at most a hundred refused chunks of three values each, in 64 KiB. */
const mostSyncBytes = 65_536;
const mostSyncValues = 1000;

export type HttpReports = Reports & { close(): Promise<void> };

type HttpReportsOptions = PodTls & { readonly deadlineMs: number; readonly tokens?: PodTokens };

/** Verifiers by address. A connection is used once: the process ends after the answer. */
export function makeHttpReports({ deadlineMs, tokens = noTokens, ...tls }: HttpReportsOptions): HttpReports {
  const agents = openAgents({ ...tls, connect: { connections: 1, pipelining: 0, timeoutMs: deadlineMs } });
  const at = async (peer: PodPeer, about: string, signal: AbortSignal) => {
    const { origin, ...reach } = await agents.reach(peer, about);
    return { origin, ...reach, deadlineMs, signal, about, unreachable: "ROP_SIDECAR_UNREACHABLE" as const };
  };
  return {
    isReady: async (peer, signal) => {
      const { origin, ...rest } = await at(peer, `report of ${peer.address}:${peer.port}`, signal);
      return ask({ ...rest, url: `${origin}/v1/report`, method: "HEAD" }, async (answer) => {
        await answer.body.dump();
        if (answer.statusCode !== 200) return false;
        // Before the report is fetched, which its verifier gives away once: it would be lost with a review that fails.
        await tokens.prove(peer, answer, signal);
        return true;
      });
    },
    fetch: async (peer, maxBytes, stores, signal) => {
      const { origin, ...rest } = await at(peer, `report of ${peer.address}:${peer.port}`, signal);
      const invalid = invalidOf(rest.about);
      return ask({ ...rest, url: `${origin}/v1/report?maxBytes=${maxBytes}` }, async (answer) => {
        const text = await readOk(answer, maxBytes, invalid);
        await tokens.prove(peer, answer, signal);
        return prove(text, stores, invalid);
      });
    },
    readSync: async (peer, removals, stores, signal) => {
      const { origin, ...rest } = await at(peer, `sync of ${peer.address}:${peer.port}`, signal);
      const invalid = invalidOf(rest.about);
      const url = `${origin}${removalsPath}?removals=${removals}`;
      return ask({ ...rest, url, method: "POST" }, async (answer) => {
        const text = await readOk(answer, mostSyncBytes, invalid);
        await tokens.prove(peer, answer, signal);
        const told = checkDocument(parseForeign(text, mostSyncValues, invalid), syncStatusSchema, invalid);
        if (!isOf(told, stores)) throw invalid("a sync of other stores than the migration's");
        return told;
      });
    },
    close: agents.close,
  };
}

function invalidOf(about: string): Invalid {
  return (what) => new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${about}: ${what}`);
}

/** The text again, once it is a report of these stores that nobody has edited. */
function prove(text: string, stores: ReportStores, invalid: Invalid): ProvedReport {
  const report = checkDocument(parseForeign(text, mostReportValues, invalid), verifyReportSchema, invalid);
  if (digestOfReport(report) !== report.digest) throw invalid("the digest is not the report's");
  const { source, destination } = report;
  if (!isOf({ source: source.identity, destination: destination.identity }, stores))
    throw invalid("a report about other stores than the migration's");
  return { text, digest: report.digest };
}

function isOf({ source, destination }: ReportStores, stores: ReportStores): boolean {
  return isSameStore(source, stores.source) && isSameStore(destination, stores.destination);
}
