// The Sidecars port over HTTP: one bounded request per reconcile, its answer checked against the contract.

import { readFile } from "node:fs/promises";
import { printWindows } from "@retriever/sidecar/contract/evidence.ts";
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { leftOutOf } from "@retriever/stores/config/known-fields.ts";
import { Agent } from "undici";
import { hasCode, OperatorError } from "#errors.ts";
import { ask, checkDocument, faultWord, type Invalid, originOf, parseJson, readOk } from "#http/exchange.ts";
import type { Sidecars } from "#ports/sidecars.ts";

/** A sidecar keeps its bins to 500,000 characters; beside them stands little. */
const maxAnswerBytes = 540 * 1024;

export type HttpSidecars = Sidecars & { close(): Promise<void> };

type HttpSidecarsOptions = {
  readonly deadlineMs: number;
  readonly maxPods?: number;
  /** File with the authorities of certificates of admin ports; absent: those that the runtime knows. Read anew now and then. */
  readonly caFile?: string | undefined;
  /** Keys of a status that this operator doesn't know and has left out, dotted; once for each version of a sidecar. */
  readonly onIgnored?: (version: string, keys: readonly string[]) => void;
};

/** Sidecars by address. Connections are few per pod, short-lived, and given up with the pod. */
export function makeHttpSidecars(options: HttpSidecarsOptions): HttpSidecars {
  const agents = openAgents(options);
  const common = { deadlineMs: options.deadlineMs, unreachable: "ROP_SIDECAR_UNREACHABLE" } as const;
  const report = options.onIgnored === undefined ? () => undefined : makeReport(options.onIgnored);
  return {
    readStatus: async ({ address, port, serverName }, { windows, bins }, signal) => {
      const peer = `${address}:${port}`;
      const about = `status of ${peer}`;
      const asked = windows.length === 0 ? "" : `windows=${printWindows(windows)}&`;
      const origin = originOf(address, port, serverName === undefined ? "http" : "https");
      const invalid: Invalid = (what) => new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${peer}: ${what}`);
      const question = {
        ...common,
        ...(await agents.reach(serverName, about)),
        url: `${origin}/v1/status?${asked}bins=${bins}`,
        signal,
        about,
      };
      const call = (): Promise<SidecarStatus> =>
        ask(question, async (answer) => {
          const text = await readOk(answer, maxAnswerBytes, invalid);
          const document = parseJson(text, invalid);
          const status = checkDocument(document, sidecarStatusSchema, invalid);
          report(document, status);
          return status;
        });
      return serverName === undefined ? notInPlainText(about, call) : call();
    },
    close: agents.close,
  };
}

/** How long authorities are used as they were read. */
const rereadMs = 10_000;

type Reach = { readonly dispatcher: Agent; readonly headers?: Readonly<Record<string, string>> };

/** One agent, and another one for each new text of the authorities. */
function openAgents(options: HttpSidecarsOptions) {
  let current: { readonly ca: string | undefined; readonly agent: Agent } = {
    ca: undefined,
    agent: openAgent(options),
  };
  let readAt = Number.NEGATIVE_INFINITY;
  const renew = async (caFile: string, about: string): Promise<void> => {
    const ca = await readAuthorities(caFile, about);
    readAt = performance.now();
    if (ca === current.ca) return;
    // Requests under way end by themselves; none lasts longer than its deadline.
    void current.agent.close().catch(() => undefined);
    current = { ca, agent: openAgent(options, ca) };
  };
  return {
    reach: async (serverName: string | undefined, about: string): Promise<Reach> => {
      const { caFile } = options;
      const isDue = serverName !== undefined && caFile !== undefined && performance.now() - readAt > rereadMs;
      if (isDue) await renew(caFile, about);
      // The name that the certificate is held to is the one that is asked for.
      return { dispatcher: current.agent, ...(serverName === undefined ? {} : { headers: { host: serverName } }) };
    },
    close: () => current.agent.destroy(),
  };
}

async function readAuthorities(caFile: string, about: string): Promise<string> {
  try {
    return await readFile(caFile, "utf8");
  } catch (cause) {
    const word = `${about} (its authorities, --sidecar-ca-file, can't be read)`;
    throw new OperatorError("ROP_SIDECAR_UNREACHABLE", word, { cause });
  }
}

function openAgent(options: HttpSidecarsOptions, ca?: string): Agent {
  return new Agent({
    connections: 2,
    pipelining: 1,
    allowH2: false,
    maxOrigins: options.maxPods ?? 4096,
    // Shorter than what servers keep idle connections for, so that a reused one isn't about to be closed.
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 4000,
    connect: { timeout: options.deadlineMs, ...(ca === undefined ? {} : { ca }) },
  });
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
