// Whose answers hold more of the truth: for some samples both stores are searched exactly as well. The stores come first:
// one search at a time at each, and none while it slows the store down (core/exact-limiter.ts).
import type { BackendAnswer, BackendRequest } from "@retriever/stores/ports/backend.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import type { RecallStatus } from "#contract/status.ts";
import { maxSearchMs } from "#core/exact-limiter.ts";
import { countRecall, exactDepth, type PooledRecall, pooledRecall } from "#core/pooled-recall.ts";
import { instantOf } from "./instant.ts";
import type { RecallSearch, Runtime } from "./runtime.ts";
import type { StoreHandle } from "./store-handle.ts";

/** `failed`: a search failed, was too late, or its answer can't be compared. `empty`: there was nothing to be found. */
export type RecallEvent =
  | { readonly kind: "measured"; readonly recall: PooledRecall }
  | { readonly kind: "failed" | "empty" };
export type RecallSink = { readonly onRecall: (event: RecallEvent) => void };

type Sampled = {
  readonly request: BackendRequest;
  readonly primary: BackendAnswer;
  readonly shadow: BackendAnswer;
};
type Context = { readonly clock: Clock; readonly sink: RecallSink };

/** Four times what may be usual: beyond that nobody waits for it, and the store is told to give it up. */
export const recallTimeoutMs = 4 * maxSearchMs;

/** Searches both stores exactly, if both may be searched now. Returns at once and never throws. */
export function startRecall(runtime: Runtime, sampled: Sampled, context: Context): void {
  const { recall } = runtime;
  if (recall === null || !runtime.isCurrent()) return;
  const stores = [recall.source, recall.destination];
  const nowMs = context.clock.monotonicMs();
  if (!stores.every(({ exactLimiter }) => exactLimiter.mayBegin(nowMs))) return;
  void count(runtime, recall, sampled, context);
}

async function count(runtime: Runtime, search: RecallSearch, sampled: Sampled, context: Context): Promise<void> {
  const { clock, sink } = context;
  const event = await measure(runtime, search, sampled, clock);
  // What belongs to an epoch that has ended counts nowhere.
  if (!runtime.isCurrent()) return;
  const { namespace } = sampled.request;
  if (event.kind === "measured") runtime.evidence.add(countRecall(event.recall), instantOf(clock), namespace);
  sink.onRecall(event);
}

async function measure(
  { config }: Runtime,
  { source, destination, maxQueriesPerSecond }: RecallSearch,
  { request, primary, shadow }: Sampled,
  clock: Context["clock"],
): Promise<RecallEvent> {
  const deep = { ...request, k: exactDepth(request.k) };
  const search = (store: StoreHandle) => searchExactly(store, deep, maxQueriesPerSecond, clock);
  const [ofSource, ofDestination] = await Promise.all([search(source), search(destination)]);
  if (ofSource === null || ofDestination === null) return { kind: "failed" };
  const [bySource, byDestination] = config.primary === "source" ? [primary, shadow] : [shadow, primary];
  try {
    const recall = pooledRecall(
      { answer: bySource.candidates, exact: ofSource.candidates },
      { answer: byDestination.candidates, exact: ofDestination.candidates },
      request.k,
    );
    return recall === null ? { kind: "empty" } : { kind: "measured", recall };
  } catch {
    // A store that answers junk.
    return { kind: "failed" };
  }
}

/** Null: it failed or was too late. Never rejects. */
async function searchExactly(
  store: StoreHandle,
  request: BackendRequest,
  perSecond: number,
  clock: Context["clock"],
): Promise<BackendAnswer | null> {
  const beganAtMs = clock.monotonicMs();
  store.exactLimiter.begin(beganAtMs, perSecond);
  let durationMs = Number.POSITIVE_INFINITY;
  try {
    const answer = await store.retrieveExact(request, recallTimeoutMs);
    durationMs = clock.monotonicMs() - beganAtMs;
    return answer;
  } catch {
    return null;
  } finally {
    store.exactLimiter.end(clock.monotonicMs(), durationMs);
  }
}

/** What `/v1/status` says of it; null: the overlay doesn't ask for it. */
export function recallStatusOf({ config, recall }: Runtime, nowMs: number): RecallStatus | null {
  if (config.overlay?.overlay.recall === undefined) return null;
  if (recall === null) return { state: "off", reason: "there is no shadow" };
  for (const store of ["source", "destination"] as const) {
    const reason = recall[store].exactLimiter.stopReason(nowMs);
    if (reason !== null) return { state: "stopped", reason: `${store}: ${reason}` };
  }
  return { state: "measuring", reason: null };
}
