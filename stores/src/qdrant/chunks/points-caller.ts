// Requests nobody waits for at a request's pace: the points of one collection, read and written for a repair.
import { Pool } from "undici";
import { type Fault, RetrieverError } from "#errors.ts";
import { statusFault, transportError } from "../client/classify.ts";
import { exchange } from "../client/exchange.ts";
import type { QdrantSpec } from "../config/schema.ts";

const keepAliveMs = 4000;
/** The server's own limit for one request; whoever calls gives a signal beside it. */
const timeoutSeconds = 60;

export type PointsCaller = {
  /** `path` below the collection, query string included. Rejects with a RetrieverError. */
  readonly call: (call: PointsCall, signal: AbortSignal) => Promise<string>;
  readonly close: () => Promise<void>;
};
/** A body in text is JSON already. */
type PointsCall = { readonly method: "GET" | "POST" | "PUT"; readonly path: string; readonly body?: object | string };

/** Connects on demand only. Never follows a redirect: the key would go along. */
export function openPoints(spec: QdrantSpec): PointsCaller {
  const url = new URL(spec.url);
  // As in the identity: plain http without a port means Qdrant's own.
  if (url.port === "" && url.protocol === "http:") url.port = "6333";
  const ca = spec.tls?.ca ?? null;
  const limits = { headersTimeout: timeoutSeconds * 1000, bodyTimeout: timeoutSeconds * 1000 };
  const connect = ca === null ? {} : { connect: { ca } };
  const pool = new Pool(url.origin, { connections: 2, keepAliveTimeout: keepAliveMs, ...limits, ...connect });
  const key = spec.apiKey === null ? {} : { "api-key": spec.apiKey.reveal() };
  const headers = { "content-type": "application/json", ...key };
  const folder = `/collections/${encodeURIComponent(spec.collection)}`;
  return {
    call: async ({ method, path, body }, signal) => {
      try {
        const query = `${path.includes("?") ? "&" : "?"}timeout=${timeoutSeconds}`;
        const options = {
          method,
          path: `${folder}${path}${query}`,
          body: typeof body === "object" ? JSON.stringify(body) : (body ?? null),
          headers,
        };
        const { status, text } = await exchange(pool, options, signal);
        if (status === 200) return text;
        throw new RetrieverError(refusal(status, method, path) ?? statusFault(status, text));
      } catch (error) {
        throw transportError(error, signal);
      }
    },
    close: () => pool.destroy(),
  };
}

/** What a status means for a write; undefined: the same as for a read. */
function refusal(status: number, method: PointsCall["method"], path: string): Fault | undefined {
  const isWrite = method === "PUT" || path.startsWith("/points/delete");
  if (isWrite && status === 403) {
    const message = "the credential has no right to write the collection (HTTP 403)";
    return { code: "RETR_BACKEND_AUTH", message };
  }
  if (!isWrite || (status !== 400 && status !== 422)) return undefined;
  const message = `Qdrant refused a point: a vector's name or size, or a payload's value, doesn't fit (HTTP ${status})`;
  return { code: "RETR_REPAIR_WRITE_REFUSED", message };
}
