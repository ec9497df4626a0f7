// The Sidecars port over HTTP: one bounded request per reconcile, its answer checked against the contract.

import { printWindows } from "@retriever/sidecar/contract/evidence.ts";
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { faultsOf } from "@retriever/stores/config/config-fault.ts";
import { Agent, type Dispatcher, request } from "undici";
import { OperatorError } from "#errors.ts";
import type { Sidecars, WindowSpan } from "#ports/sidecars.ts";
import { transportFault } from "./transport-fault.ts";

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
  return {
    readStatus: async (address, port, windows, signal) => {
      const deadline = AbortSignal.timeout(options.deadlineMs);
      const peer = `${address}:${port}`;
      try {
        const answer = await request(urlOf(address, port, windows), {
          dispatcher: agent,
          signal: AbortSignal.any([signal, deadline]),
        });
        return parseStatus(peer, await readAnswer(peer, answer));
      } catch (fault) {
        throw transportFault(fault, { what: "status", peer }, { outer: signal, deadline });
      }
    },
    close: () => agent.destroy(),
  };
}

function urlOf(address: string, port: number, windows: readonly WindowSpan[]): string {
  const host = address.includes(":") ? `[${address}]` : address;
  const query = windows.length === 0 ? "" : `?windows=${printWindows(windows)}`;
  return `http://${host}:${port}/v1/status${query}`;
}

async function readAnswer(peer: string, answer: Dispatcher.ResponseData): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxAnswerBytes)
      throw new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${peer}: more than ${maxAnswerBytes} bytes`);
    parts.push(part);
  }
  if (answer.statusCode !== 200)
    throw new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${peer}: HTTP ${answer.statusCode}, expected 200`);
  return Buffer.concat(parts).toString("utf8");
}

/** Names the fields that are wrong, never what stood in them. */
function parseStatus(peer: string, text: string): SidecarStatus {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${peer}: not JSON`);
  }
  const parsed = sidecarStatusSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error)
    .slice(0, 5)
    .map(({ path, message }) => `${path}: ${message}`);
  throw new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${peer}: ${faults.join("; ")}`);
}
