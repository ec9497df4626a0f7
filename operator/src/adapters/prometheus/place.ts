// One place that is asked over HTTP: a GET with a deadline, no redirects, a bounded answer of JSON, and its own trust.
import { readFile } from "node:fs/promises";
import { headerFault, readCredentialText } from "@retriever/stores/config/credential-text.ts";
import { Agent, type Dispatcher } from "undici";
import { OperatorError } from "#errors.ts";
import { ask, type Invalid, parseForeign, readText } from "#http/exchange.ts";
import type { PlaceConfig } from "./sources-file.ts";

export const maxAnswerBytes = 4 * 1024 * 1024;
/** A rule has about fifteen, an alert that fires about ten. */
export const maxAnswerValues = 40_000;
/** What is read of a refusal before its connection is given up. */
const maxRefusalBytes = 65_536;

export type Place = {
  /** The parsed answer, whatever it holds. Throws ROP_ALERTS_UNAVAILABLE or ROP_ALERTS_ANSWER_INVALID. */
  readonly get: (path: string, query: readonly Parameter[], signal: AbortSignal) => Promise<unknown>;
  readonly close: () => Promise<void>;
};
export type Parameter = readonly [name: string, value: string];

type Options = PlaceConfig & {
  /** How messages call it; an address never stands in them. */
  readonly about: string;
  /** Of one request, in ms. */
  readonly deadlineMs: number;
};

/** A place whose token and certificate authorities are read anew for each request, so that they can be rotated. */
export function openPlace({ about, url, tokenFile, caFile, deadlineMs }: Options): Place {
  const base = url.replace(/\/+$/, "");
  const trust = openTrust(deadlineMs);
  return {
    get: async (path, query, signal) => {
      const token = await readPart(tokenFile, "tokenFile", about);
      const dispatcher = trust.agentFor(await readPart(caFile, "caFile", about));
      const headers = {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const target = `${base}${path}${printQuery(query)}`;
      const unreachable = "ROP_ALERTS_UNAVAILABLE";
      return ask({ url: target, headers, dispatcher, deadlineMs, signal, about, unreachable }, (answer) =>
        readAnswer(about, answer),
      );
    },
    close: trust.close,
  };
}

/** The agent of the authorities last read; another file content makes another agent. */
function openTrust(deadlineMs: number) {
  let current: { readonly ca: string | undefined; readonly agent: Agent } | undefined;
  const open = (ca: string | undefined) =>
    new Agent({
      connections: 4,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 4000,
      connect: { timeout: deadlineMs, ...(ca === undefined ? {} : { ca }) },
    });
  return {
    agentFor: (ca: string | undefined): Agent => {
      if (current !== undefined && current.ca === ca) return current.agent;
      // Requests under way end by themselves; none lasts longer than its deadline.
      void current?.agent.close().catch(() => undefined);
      current = { ca, agent: open(ca) };
      return current.agent;
    },
    close: async (): Promise<void> => {
      await current?.agent.destroy();
    },
  };
}

async function readPart(file: string | undefined, name: string, about: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw new OperatorError("ROP_ALERTS_UNAVAILABLE", `${about}: its ${name} can't be read`);
  }
  if (name === "caFile" && text.trim() !== "") return text;
  const read = readCredentialText(text);
  const fault = "fault" in read ? read.fault : headerFault(read.text);
  if (fault === undefined && "text" in read) return read.text;
  throw new OperatorError("ROP_ALERTS_UNAVAILABLE", `${about}: its ${name} ${fault}`);
}

function printQuery(query: readonly Parameter[]): string {
  const text = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString();
  return text === "" ? "" : `?${text}`;
}

async function readAnswer(about: string, answer: Dispatcher.ResponseData): Promise<unknown> {
  if (answer.statusCode !== 200) {
    await answer.body.dump({ limit: maxRefusalBytes });
    const detail = answer.statusCode === 401 || answer.statusCode === 403 ? ": it doesn't take the token" : "";
    throw new OperatorError("ROP_ALERTS_UNAVAILABLE", `${about}: HTTP ${answer.statusCode}, expected 200${detail}`);
  }
  const invalid: Invalid = (what) => new OperatorError("ROP_ALERTS_ANSWER_INVALID", `${about}: ${what}`);
  return parseForeign(await readText(answer, maxAnswerBytes, invalid), maxAnswerValues, invalid);
}
