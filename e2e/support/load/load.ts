// A steady stream of real queries to the application's pods, as its users would send them: open loop, at a fixed rate.
// It knows nothing of who answers; it counts what came back. Nothing is retried: a failure is a failure.
import { Agent } from "undici";
import { z } from "zod";
import type { Dataset } from "#support/dataset/read.ts";

/** The real queries of a dataset, the first so many. */
export function queriesOf({ queries, queryVector }: Dataset, count?: number): LoadQuery[] {
  return queries.slice(0, count).map((_, row) => ({ embedding: queryVector(row) }));
}

type LoadQuery = { readonly embedding: ArrayLike<number>; readonly namespace?: string };

const responseSchema = z.object({
  candidates: z.array(
    z.object({
      chunkId: z.string(),
      entityId: z.string(),
      similarity: z.number(),
      updatedAt: z.string().nullable(),
    }),
  ),
  vectorMs: z.number(),
});
type LoadAnswer = z.infer<typeof responseSchema>;

export type LoadResult = {
  /** Row of the query in `queries`. */
  readonly query: number;
  /** Undefined when there was none to ask. */
  readonly endpoint: string | undefined;
  readonly sentAt: number;
  readonly durationMs: number;
  /** Absent: the request failed, for the reason given. */
  readonly answer?: LoadAnswer;
  /** `http 503`, `timeout`, `no endpoint`, `bad answer` or a transport error's code. */
  readonly failure?: string;
};

type LoadCounts = {
  /** Sent, or due while no endpoint was there. */
  readonly requests: number;
  readonly failures: number;
  readonly failuresByReason: Readonly<Record<string, number>>;
  /** Epoch ms of the sending of the first and last request that failed. */
  readonly firstFailureAt: number | undefined;
  readonly lastFailureAt: number | undefined;
  /** Due but not sent because too many were under way. They are neither requests nor failures. */
  readonly skipped: number;
};

type LoadOptions = {
  /** Where to send now, as `http://ADDRESS:PORT`; asked for every request, taken in turns. */
  readonly endpoints: () => readonly string[];
  readonly queries: readonly LoadQuery[];
  readonly ratePerSecond: number;
  readonly k: number;
  readonly onResult?: (result: LoadResult) => void;
  /** The stream ends by itself after so many requests, default 100,000. */
  readonly maxRequests?: number;
  /** And after so many seconds, default 600. */
  readonly maxSeconds?: number;
  /** Most requests under way, default 64. */
  readonly maxInFlight?: number;
  /** For a whole request, default 5000. */
  readonly deadlineMs?: number;
};

export type Load = {
  readonly counts: () => LoadCounts;
  /** Sends nothing more; resolves with the final counts when all that is under way has ended. */
  readonly stop: () => Promise<LoadCounts>;
  /** Resolves likewise when a bound was reached or `stop` was called. */
  readonly ended: Promise<LoadCounts>;
};

/** Starts sending. Throws RangeError for a rate that isn't above 0 or no queries. */
export function startLoad(options: LoadOptions): Load {
  const { queries, ratePerSecond, k, maxRequests = 100_000, maxSeconds = 600, deadlineMs = 5000 } = options;
  if (!(ratePerSecond > 0)) throw new RangeError(`ratePerSecond is ${ratePerSecond}, expected more than 0`);
  if (queries.length === 0) throw new RangeError("queries is empty, expected at least one");
  const maxInFlight = options.maxInFlight ?? 64;
  const bodies = queries.map(({ embedding, namespace }) =>
    JSON.stringify({ embedding: Array.from(embedding), k, namespace }),
  );
  const agent = new Agent({
    connections: maxInFlight,
    keepAliveTimeout: 1000,
    headersTimeout: deadlineMs,
    bodyTimeout: deadlineMs,
  });
  const tally = new Tally();
  const underWay = new Set<Promise<void>>();
  const { promise: ended, resolve: end } = Promise.withResolvers<LoadCounts>();
  const startedAt = performance.now();
  let due = 0;
  let timer: NodeJS.Timeout | undefined;

  const sendAndCount = async (target: Target) => {
    const result = await send(agent, target, deadlineMs);
    tally.count(result);
    options.onResult?.(result);
  };
  const sendNext = () => {
    const endpoints = options.endpoints();
    const query = due % bodies.length;
    const target = { query, endpoint: endpoints[due % Math.max(1, endpoints.length)], body: bodies[query] ?? "" };
    const request = sendAndCount(target);
    underWay.add(request);
    void request.finally(() => underWay.delete(request)).catch(() => undefined);
  };
  const finish = async () => {
    if (timer === undefined) return ended;
    clearTimeout(timer);
    timer = undefined;
    await Promise.allSettled(underWay);
    await agent.destroy();
    end(tally.counts());
    return ended;
  };
  const tick = () => {
    const elapsedMs = performance.now() - startedAt;
    for (const target = Math.min(maxRequests, (elapsedMs / 1000) * ratePerSecond); due < target; due += 1) {
      if (underWay.size < maxInFlight) sendNext();
      else tally.skip();
    }
    if (due >= maxRequests || elapsedMs >= maxSeconds * 1000) void finish();
    else timer = setTimeout(tick, Math.max(1, (due * 1000) / ratePerSecond - elapsedMs));
  };
  timer = setTimeout(tick, 0);
  return { counts: () => tally.counts(), stop: finish, ended };
}

class Tally {
  private requests = 0;
  private skipped = 0;
  private readonly reasons = new Map<string, number>();
  private firstFailureAt: number | undefined = undefined;
  private lastFailureAt: number | undefined = undefined;

  count({ failure, sentAt }: LoadResult): void {
    this.requests += 1;
    if (failure === undefined) return;
    this.reasons.set(failure, (this.reasons.get(failure) ?? 0) + 1);
    this.firstFailureAt = Math.min(this.firstFailureAt ?? sentAt, sentAt);
    this.lastFailureAt = Math.max(this.lastFailureAt ?? sentAt, sentAt);
  }

  skip(): void {
    this.skipped += 1;
  }

  counts(): LoadCounts {
    return {
      requests: this.requests,
      failures: [...this.reasons.values()].reduce((sum, count) => sum + count, 0),
      failuresByReason: Object.fromEntries(this.reasons),
      firstFailureAt: this.firstFailureAt,
      lastFailureAt: this.lastFailureAt,
      skipped: this.skipped,
    };
  }
}

type Target = { readonly query: number; readonly endpoint: string | undefined; readonly body: string };

/** Never rejects: what goes wrong is the result. */
async function send(agent: Agent, { query, endpoint, body }: Target, deadlineMs: number): Promise<LoadResult> {
  const sentAt = Date.now();
  const started = performance.now();
  const outcome = endpoint === undefined ? { failure: "no endpoint" } : await ask(agent, endpoint, body, deadlineMs);
  return { query, endpoint, sentAt, durationMs: performance.now() - started, ...outcome };
}

type Outcome = { readonly answer: LoadAnswer } | { readonly failure: string };

async function ask(agent: Agent, endpoint: string, body: string, deadlineMs: number): Promise<Outcome> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const { statusCode, body: answer } = await agent.request({
      origin: endpoint,
      path: "/v1/retrieve",
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal,
    });
    const text = await answer.text();
    if (statusCode < 200 || statusCode > 299) return { failure: `http ${statusCode}` };
    return parseAnswer(text);
  } catch (error) {
    return { failure: signal.aborted ? "timeout" : codeOf(error) };
  }
}

function parseAnswer(text: string): Outcome {
  try {
    return { answer: responseSchema.parse(JSON.parse(text)) };
  } catch {
    return { failure: "bad answer" };
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "transport";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
