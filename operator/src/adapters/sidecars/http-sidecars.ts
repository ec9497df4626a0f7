// The Sidecars port over HTTP: one bounded request per reconcile, its answer checked against the contract.

import { printWindows } from "@retriever/sidecar/contract/evidence.ts";
import { sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { Agent } from "undici";
import { OperatorError } from "#errors.ts";
import { ask, type Invalid, originOf, parseDocument, readOk } from "#http/exchange.ts";
import type { Sidecars } from "#ports/sidecars.ts";

const maxAnswerBytes = 1024 * 1024;

export type HttpSidecars = Sidecars & { close(): Promise<void> };

/** Sidecars by address. Connections are few per pod, short-lived, and given up with the pod. */
export function makeHttpSidecars(options: { readonly deadlineMs: number; readonly maxPods?: number }): HttpSidecars {
  const agent = new Agent({
    connections: 2,
    pipelining: 1,
    allowH2: false,
    maxOrigins: options.maxPods ?? 4096,
    // Shorter than what servers keep idle connections for, so that a reused one isn't about to be closed.
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 4000,
    connect: { timeout: options.deadlineMs },
  });
  const common = { dispatcher: agent, deadlineMs: options.deadlineMs, unreachable: "ROP_SIDECAR_UNREACHABLE" } as const;
  return {
    readStatus: (address, port, { windows, bins }, signal) => {
      const peer = `${address}:${port}`;
      const asked = windows.length === 0 ? "" : `windows=${printWindows(windows)}&`;
      const url = `${originOf(address, port)}/v1/status?${asked}bins=${bins}`;
      const invalid: Invalid = (what) => new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${peer}: ${what}`);
      return ask({ ...common, url, signal, about: `status of ${peer}` }, async (answer) =>
        parseDocument(await readOk(answer, maxAnswerBytes, invalid), sidecarStatusSchema, invalid),
      );
    },
    close: () => agent.destroy(),
  };
}
