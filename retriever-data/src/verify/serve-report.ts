// Serves the report over HTTP until it was fetched, because a pod's disk ends with the pod.
import type { ServerResponse } from "node:http";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { Address, Handler } from "@retriever/sidecar/http/listener.ts";
import { listenForOperator } from "@retriever/sidecar/http/operator-listener.ts";
import { sendFault, sendJson } from "@retriever/sidecar/http/respond.ts";
import type { RunProgress } from "#compare/run-deps.ts";
import type { ServedTls } from "#config/served-tls.ts";
import { cutReport } from "#core/finish-report.ts";

export type ReportServer = {
  readonly address: Address;
  /** What is answered with 202 from now on. */
  readonly onProgress: (progress: RunProgress) => void;
  /** Answers with the report from now on. Resolves once it was fetched whole, or after `forMs`, or at the signal. */
  readonly untilFetched: (report: VerifyReport, forMs: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
};

const path = "/v1/report";
const graceMs = 2000;

type Shown = { progress: RunProgress | null; report: VerifyReport | null; onFetched: () => void };

/** Listens. Rejects when the address can't be bound. */
export async function serveReport(address: Address, tls: ServedTls): Promise<ReportServer> {
  const shown: Shown = { progress: null, report: null, onFetched: () => {} };
  const listener = await listenForOperator(address, makeHandler(shown), tls);
  return {
    address: listener.address,
    onProgress: (progress) => {
      shown.progress = progress;
    },
    untilFetched: (report, forMs, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          resolve();
        };
        const timer = setTimeout(end, forMs);
        signal.addEventListener("abort", end, { once: true });
        if (signal.aborted) end();
        shown.onFetched = end;
        shown.report = report;
      }),
    close: () => listener.close(graceMs),
  };
}

function makeHandler(shown: Shown): Handler {
  return ({ method, url = "" }, response) => {
    const [pathname, query = ""] = url.split("?", 2);
    if (pathname !== path) return sendFault(response, { code: "RETR_NOT_FOUND", message: `expected ${path}` });
    if (method !== "GET" && method !== "HEAD") {
      return sendFault(response, { code: "RETR_METHOD_NOT_ALLOWED", message: "expected GET" }, { allow: "GET, HEAD" });
    }
    const { report, progress } = shown;
    if (report === null) return sendJson(response, 202, { progress });
    const most = mostBytes(query);
    if (most === undefined) {
      const message = "maxBytes: expected a number of bytes";
      return sendFault(response, { code: "RETR_REQUEST_INVALID", message, path: "maxBytes" });
    }
    if (method === "GET") reportFetch(response, shown);
    sendJson(response, 200, cutReport(report, most));
  };
}

function mostBytes(query: string): number | undefined {
  const text = new URLSearchParams(query).get("maxBytes");
  if (text === null) return Number.POSITIVE_INFINITY;
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

/** Only a whole response counts: a client that left midway doesn't have the report. */
function reportFetch(response: ServerResponse, shown: Shown): void {
  response.once("close", () => {
    if (response.writableFinished) shown.onFetched();
  });
}
