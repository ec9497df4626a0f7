// Reads the W3C trace context of a request. What isn't one is dropped: a broken trace is no reason to refuse a search.
import type { IncomingHttpHeaders } from "node:http";
import type { TraceContext } from "@retriever/stores/ports/backend.ts";

// Version 00 has exactly these four fields; a later one may add more. All-zero ids and version ff are invalid.
const traceparentPattern =
  /^(?:00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{0,200})?)$/;
const tracestatePattern = /^[\x20-\x7e]{1,512}$/;

/** Null without a valid `traceparent`: a `tracestate` alone means nothing. */
export function readTraceContext(headers: IncomingHttpHeaders): TraceContext | null {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== "string" || !traceparentPattern.test(traceparent)) return null;
  const isState = typeof tracestate === "string" && tracestatePattern.test(tracestate);
  return { traceparent, tracestate: isState ? tracestate : null };
}
