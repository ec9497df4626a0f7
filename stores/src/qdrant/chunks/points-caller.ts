// Requests of verification and repair: the points of one collection, with a longer timeout than retrieval has.
import { setTimeout as pauseFor } from "node:timers/promises";
import { type Fault, RetrieverError } from "#errors.ts";
import { strictModeFault, tokenFault } from "../client/classify.ts";
import { type Call, type Collection, openCollection, readCollection, type StrictLimits } from "../client/collection.ts";
import type { QdrantSpec } from "../config/schema.ts";

/** The server's own limit for one request, where strict mode allows it; the caller's signal may end it earlier. */
const longestSeconds = 60;
/** Of one page of points. */
const mostPageBytes = 64 * 1_048_576;

export type PointsCaller = {
  readonly collection: Collection;
  /** What the collection said when it was asked last. Rejects with a RetrieverError. */
  readonly limits: (signal: AbortSignal) => Promise<StrictLimits>;
  /** `path` below the collection, query string included; a body in text is JSON already. Rejects with a RetrieverError. */
  readonly call: (call: PointsCall, signal: AbortSignal) => Promise<string>;
  /** The same, with the answer's bytes. */
  readonly read: (call: PointsCall, signal: AbortSignal) => Promise<Buffer>;
  /** What the collection said is asked for again. */
  readonly forget: () => void;
};
type PointsCall = Pick<Call, "method" | "path"> & { readonly body?: object | string };

/** By then half of a minute's rate is there again, whatever a refused upsert took of it; the server says less. */
const writeWaitSeconds = 30;
/** A server that says 0 would be asked again without a pause, until the call's time is over. */
const readWaitSeconds = 1;
type Pause = (ms: number, signal: AbortSignal) => Promise<void>;
/** A little longer, by chance: who was refused together isn't to ask together again. */
const pauseReally: Pause = (ms, signal) => pauseFor(ms * (1 + Math.random() / 4), undefined, { signal });

/**
 * Connects on demand only. A call that the collection's rate limit refuses, of which nothing was done, is made again when
 * there is room, until its signal ends it; one for a page of points that are too large together for half as many, as are
 * the next ones.
 */
export function openPoints(
  spec: QdrantSpec,
  connections = 2,
  pause: Pause = pauseReally,
  pageBytes = mostPageBytes,
): PointsCaller {
  const timeoutMs = longestSeconds * 1000;
  const pool = { connections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxResponseSize: pageBytes };
  const collection = openCollection(spec, { ...pool, faultOf: writeFault });
  let known: StrictLimits | undefined;
  let mostPoints = Number.POSITIVE_INFINITY;
  const limits = async (signal: AbortSignal): Promise<StrictLimits> => {
    const ask = () => collection.call({ method: "GET", path: collection.folder }, signal);
    known ??= readCollection(await ask(), spec).limits;
    return known;
  };
  const make =
    <Body>(ask: (call: Call, signal: AbortSignal) => Promise<Body>) =>
    async ({ method, path, body }: PointsCall, signal: AbortSignal): Promise<Body> => {
      const seconds = Math.min(longestSeconds, (await limits(signal)).timeoutSeconds);
      const query = `${path.includes("?") ? "&" : "?"}timeout=${seconds}`;
      for (;;) {
        const sent = withAtMost(body, mostPoints);
        const text = typeof sent === "object" ? JSON.stringify(sent) : (sent ?? null);
        const call = { method, path: `${collection.folder}${path}${query}`, body: text };
        try {
          return await ask(call, signal);
        } catch (error) {
          const points = limitOf(sent);
          if (isOfSeveral(error, points)) {
            mostPoints = Math.min(mostPoints, points >> 1);
            continue;
          }
          const seconds = rateWait(error, call);
          if (seconds === null) throw error;
          await pause(seconds * 1000, signal).catch(() => {
            throw error;
          });
        }
      }
    };
  return {
    collection,
    limits,
    call: make(collection.call),
    read: make(collection.read),
    forget: () => {
      known = undefined;
    },
  };
}

/** Points that are asked for; 0: that isn't said. */
function limitOf(body: PointsCall["body"]): number {
  return typeof body === "object" && "limit" in body ? Number(body.limit) : 0;
}

function withAtMost(body: PointsCall["body"], points: number): PointsCall["body"] {
  return limitOf(body) <= points ? body : { ...(body as object), limit: points };
}

/** Whether an answer about fewer points may be taken. */
export function isOfSeveral(error: unknown, points: number): boolean {
  return points > 1 && error instanceof RetrieverError && error.isTooLarge;
}

/** How long to wait; null: that wasn't it, or waiting doesn't help. */
function rateWait(error: unknown, call: Call): number | null {
  if (!(error instanceof RetrieverError) || !error.isRateLimited || error.retryAfterSeconds === undefined) return null;
  return Math.max(isWriting(call) ? writeWaitSeconds : readWaitSeconds, error.retryAfterSeconds);
}

function isWriting({ method, path }: Pick<Call, "method" | "path">): boolean {
  return method === "PUT" || /\/points\/(delete|batch)\?/.test(path);
}

/** What a status means for a write; undefined: the same as for a read. */
function writeFault(status: number, call: Call, body: string): Fault | undefined {
  if (!isWriting(call)) return undefined;
  if (status === 404 && body.includes("No point with id")) {
    const message = "the point was removed while it was written; repair again (HTTP 404)";
    return { code: "RETR_REPAIR_WRITE_REFUSED", message };
  }
  if (status === 403 && tokenFault(status, body) === undefined) {
    const message = "the credential has no right to write the collection (HTTP 403)";
    return { code: "RETR_BACKEND_AUTH", message };
  }
  if ((status !== 400 && status !== 422) || isOfCollection(body)) return undefined;
  const dimension = /expected dim: (\d{1,6}), got (\d{1,6})/.exec(body);
  const why =
    dimension === null
      ? "a vector's size or a payload's value doesn't fit"
      : `the vector has ${dimension[2]} numbers, the collection takes ${dimension[1]}`;
  const message = `Qdrant refused the point: ${why}; correct the chunk where it comes from (HTTP ${status})`;
  return { code: "RETR_REPAIR_WRITE_REFUSED", message };
}

/** What every point would be refused for. Of too many points, half as many may be taken. */
function isOfCollection(body: string): boolean {
  if (/Not existing vector name|Shard key not specified/.test(body)) return true;
  return strictModeFault(body) !== undefined && !/Limit exceeded.{1,60}upsert limit/.test(body);
}
