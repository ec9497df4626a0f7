// Answers as JSON, and errors in their one shape.
import type { ServerResponse } from "node:http";
import { errorTable, type Fault } from "@retriever/stores/errors.ts";
import type { ErrorResponse } from "#contract/retrieve.ts";

/** Writes a whole answer with its length. */
export function sendJson(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { "content-type": "application/json", "content-length": length, ...headers });
  response.end(text);
}

/** Writes the answer a fault deserves. */
export function sendFault(response: ServerResponse, fault: Fault, headers: object = {}): void {
  sendJson(response, errorTable[fault.code].httpStatus, faultBody(fault), headers);
}

/** Body of an error answer. */
export function faultBody({ code, message, path }: Fault): ErrorResponse {
  return { error: { code, message, ...(path === undefined ? {} : { path }) } };
}
