// What every request over HTTP has in common: a deadline, a bounded body, JSON, and coded errors for what goes wrong.
import { faultsOf } from "@retriever/stores/config/config-fault.ts";
import { isIntricate } from "@retriever/stores/values/intricate-json.ts";
import { type Dispatcher, request } from "undici";
import type { z } from "zod";
import { type ErrorCode, OperatorError } from "#errors.ts";

/** The coded error of an answer that can't be used. */
export type Invalid = (what: string, cause?: unknown) => OperatorError;

type Exchange = {
  readonly url: string;
  readonly method?: "GET" | "HEAD" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
  readonly deadlineMs: number;
  /** Of whoever asks. */
  readonly signal: AbortSignal;
  /** What was asked of whom, for messages. */
  readonly about: string;
  /** Code of the error when nobody answers. */
  readonly unreachable: ErrorCode;
};

/** Asks once, without following redirects. Rejects with a coded error. */
export async function ask<T>(exchange: Exchange, read: (answer: Dispatcher.ResponseData) => Promise<T>): Promise<T> {
  const { url, method = "GET", headers = {}, dispatcher, deadlineMs, signal, about, unreachable } = exchange;
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    return await read(await request(url, { method, headers, dispatcher, signal: AbortSignal.any([signal, deadline]) }));
  } catch (fault) {
    throw transportFault(fault, { about, unreachable, outer: signal, deadline });
  }
}

type Failed = Pick<Exchange, "about" | "unreachable"> & {
  readonly outer: AbortSignal;
  readonly deadline: AbortSignal;
  /** Said of a deadline that passed; default `about`. */
  readonly late?: string;
};

/** A fault as a coded error. A coded one stays; who stopped the request comes before what the transport says. */
export function transportFault(fault: unknown, { about, unreachable, outer, deadline, late }: Failed): OperatorError {
  if (fault instanceof OperatorError) return fault;
  if (outer.aborted) return new OperatorError("ROP_STOPPED", about, { cause: fault });
  if (deadline.aborted) return new OperatorError("ROP_DEADLINE_EXCEEDED", late ?? about, { cause: fault });
  return new OperatorError(unreachable, `${about} (${faultWord(fault)})`, { cause: fault });
}

/** A transport fault by its code alone: its text may hold the address. */
export function faultWord(fault: unknown): string {
  const code = (fault as { code?: unknown }).code;
  return typeof code === "string" ? code : "connection failed";
}

/** `http://host:port` of a pod's address. */
export function originOf(address: string, port: number, scheme: "http" | "https" = "http"): string {
  return `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Cause of the error of a body beyond its limit. */
export class BodyTooLarge extends Error {
  override name = "BodyTooLarge";
}

/** The text of a body; one beyond the limit is refused: it would have been cut somewhere. */
export async function readText(
  { body }: Pick<Dispatcher.ResponseData, "body">,
  maxBytes: number,
  invalid: Invalid,
): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw invalid(`more than ${maxBytes} bytes`, new BodyTooLarge());
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The text of an answer with status 200. */
export async function readOk(answer: Dispatcher.ResponseData, maxBytes: number, invalid: Invalid): Promise<string> {
  const text = await readText(answer, maxBytes, invalid);
  if (answer.statusCode !== 200) throw invalid(`HTTP ${answer.statusCode}, expected 200`);
  return text;
}

export function parseJson(text: string, invalid: Invalid): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid("not JSON", cause);
  }
}

/** JSON of one whom anybody may have started: one of more values holds up whatever else this process watches over. */
export function parseForeign(text: string, mostValues: number, invalid: Invalid): unknown {
  if (isIntricate(text, mostValues)) throw invalid(`more than ${mostValues} values, or too many levels`);
  return parseJson(text, invalid);
}

/** A document of the contract. Names the fields that are wrong, never what stood in them. */
export function checkDocument<T>(document: unknown, schema: z.ZodType<T>, invalid: Invalid): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error).slice(0, 5);
  throw invalid(faults.map(({ path, message }) => `${path}: ${message}`).join("; "));
}
