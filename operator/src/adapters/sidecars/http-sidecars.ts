// The Sidecars port over HTTP: one bounded request per reconcile, its answer checked against the contract.

import { printWindows } from "@retriever/sidecar/contract/evidence.ts";
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { leftOutOf } from "@retriever/stores/config/known-fields.ts";
import { hasCode, OperatorError } from "#errors.ts";
import { ask, checkDocument, faultWord, type Invalid, parseJson, readOk } from "#http/exchange.ts";
import type { Sidecars } from "#ports/sidecars.ts";
import { openAgents, type PodTls } from "./pod-agents.ts";
import { noTokens, type PodTokens } from "./pod-tokens.ts";

/** A sidecar keeps its bins to 500,000 characters; beside them stands little. */
const maxAnswerBytes = 540 * 1024;

export type HttpSidecars = Sidecars & { close(): Promise<void> };

type HttpSidecarsOptions = PodTls & {
  readonly deadlineMs: number;
  readonly maxPods?: number;
  /** Of pods that have to prove themselves; absent: none of them can. */
  readonly tokens?: PodTokens;
  /** Keys of a status that this operator doesn't know and has left out, dotted; once for each version of a sidecar. */
  readonly onIgnored?: (version: string, keys: readonly string[]) => void;
};

/** Sidecars by address. Connections are few per pod, short-lived, and given up with the pod. */
export function makeHttpSidecars(options: HttpSidecarsOptions): HttpSidecars {
  const { deadlineMs, tokens = noTokens } = options;
  const agents = openAgents({ ...options, connect: { ...poolOf(options), timeoutMs: deadlineMs } });
  const common = { deadlineMs, unreachable: "ROP_SIDECAR_UNREACHABLE" } as const;
  const report = options.onIgnored === undefined ? () => undefined : makeReport(options.onIgnored);
  return {
    readStatus: async (peer, { windows, bins }, signal) => {
      const place = `${peer.address}:${peer.port}`;
      const about = `status of ${place}`;
      const asked = windows.length === 0 ? "" : `windows=${printWindows(windows)}&`;
      const invalid: Invalid = (what) => new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${place}: ${what}`);
      const { origin, ...reach } = await agents.reach(peer, about);
      const question = { ...common, ...reach, url: `${origin}/v1/status?${asked}bins=${bins}`, signal, about };
      const call = (): Promise<SidecarStatus> =>
        ask(question, async (answer) => {
          const text = await readOk(answer, maxAnswerBytes, invalid);
          await tokens.prove(peer, answer, signal);
          const document = parseJson(text, invalid);
          const status = checkDocument(document, sidecarStatusSchema, invalid);
          report(document, status);
          return status;
        });
      return peer.serverName === undefined ? notInPlainText(about, call) : call();
    },
    close: agents.close,
  };
}

function poolOf({ maxPods = 4096 }: HttpSidecarsOptions) {
  // Shorter than what servers keep idle connections for, so that a reused one isn't about to be closed.
  const idleMs = { keepAliveTimeout: 4000, keepAliveMaxTimeout: 4000 };
  return { connections: 2, pipelining: 1, maxOrigins: maxPods, ...idleMs };
}

/** A connection that is taken and then cut, or answered with what is no HTTP: a proxy that wants TLS does either. */
const cutWords = ["ECONNRESET", "UND_ERR_SOCKET", "EPIPE"];

async function notInPlainText<T>(about: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (fault) {
    const { cause } = fault as { readonly cause?: unknown };
    if (!hasCode(fault, "ROP_SIDECAR_UNREACHABLE") || !isCut(cause)) throw fault;
    throw new OperatorError("ROP_SIDECAR_PLAIN_TEXT_REFUSED", about, { cause });
  }
}

function isCut(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return cause.name === "HTTPParserError" || cutWords.includes(faultWord(cause));
}

/** Versions come from answers, so their number is bounded; what is said of one is, too. */
const mostVersions = 20;
const mostKeys = 20;
const mostChars = 100;
/** Answers of a version that are searched: a key may be rare, and a search takes as long as the parsing. */
const mostSearched = 100;

function makeReport(onIgnored: NonNullable<HttpSidecarsOptions["onIgnored"]>) {
  const left = new Map<string, number>();
  return (document: unknown, status: SidecarStatus): void => {
    const version = status.version.slice(0, mostChars);
    const searches = left.get(version) ?? (left.size < mostVersions ? mostSearched : 0);
    if (searches === 0) return;
    const keys = leftOutOf(document, status);
    left.set(version, keys.length === 0 ? searches - 1 : 0);
    if (keys.length === 0) return;
    const said = keys.slice(0, mostKeys).map((key) => key.slice(0, mostChars));
    onIgnored(version, said);
  };
}
