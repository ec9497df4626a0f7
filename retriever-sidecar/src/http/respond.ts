// Answers as JSON, and errors in their one shape.
import type { ServerResponse } from "node:http";
import { errorTable, type Fault } from "@retriever/stores/errors.ts";
import type { ErrorResponse } from "#contract/retrieve.ts";

/** Writes a whole answer with its length, which it gives back: in bytes. */
export function sendJson(response: ServerResponse, status: number, body: unknown, headers: object = {}): number {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { "content-type": "application/json", "content-length": length, ...headers });
  response.end(text);
  return length;
}

/** Writes the answer a fault deserves, with the time that its store asked to be left alone. */
export function sendFault(response: ServerResponse, fault: Fault, headers: object = {}): void {
  const { code, retryAfterSeconds } = fault;
  const wait = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  sendJson(response, errorTable[code].httpStatus, faultBody(fault), { ...wait, ...headers });
}

/** Body of an error answer. */
export function faultBody({ code, message, path }: Fault): ErrorResponse {
  return { error: { code, message, ...(path === undefined ? {} : { path }) } };
}
