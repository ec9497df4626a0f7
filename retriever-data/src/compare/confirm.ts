// Looks every suspect up in both stores, twice and one lag apart: only what differs both times is a difference.
import { type DifferenceKind, mostIdLength } from "@retriever/sidecar/contract/verify-report.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { mostLookedUp, type VerifyLevel } from "@retriever/stores/ports/chunk-store.ts";
import { type Doubles, differenceOf, hasMoved, isYoung, type Pair, type PairRule, pairUp } from "#core/pair.ts";
import { makePace, type Pace } from "./pace.ts";
import { deadline, withRetries } from "./retry.ts";
import { onBoth, type RunDeps } from "./run-deps.ts";

type Confirming = {
  readonly rule: PairRule;
  readonly lagMs: number;
  /** Null: as fast as the stores are. */
  readonly rowsPerSecond: number | null;
  readonly deps: Pick<RunDeps, "stores" | "clock" | "pause" | "random">;
  /** Called with ids that a store holds more than once; they are left out of what is returned. */
  readonly onDoubled: (doubles: Doubles) => void;
  /** Called after every batch, with ids looked up so far and in all. */
  readonly onBatch: (done: number, total: number) => void;
};
/** One suspect and its difference. Null: it lags, or is the same by now. */
export type Confirmed = { readonly pair: Pair; readonly kind: DifferenceKind | null };

const deadlineMs = 60_000;

/** Rejects with a RetrieverError of a store, and for ids that no report can name. */
export async function confirm(
  suspects: readonly string[],
  { rule, lagMs, rowsPerSecond, deps, onDoubled, onBatch }: Confirming,
  signal: AbortSignal,
): Promise<readonly Confirmed[]> {
  const ids = [...new Set(suspects)].toSorted((a, b) => (a < b ? -1 : 1));
  checkIds(ids);
  const confirmed: Confirmed[] = [];
  const differing: Pair[] = [];
  const total = ids.length * 2;
  let done = 0;
  const paced = makePace(rowsPerSecond, deps);
  const ask = (batch: readonly string[]) => lookUp(batch, { level: rule.level, paced, deps, onDoubled }, signal);
  for (const batch of batchesOf(ids)) {
    for (const pair of await ask(batch)) {
      if (differenceOf(pair, rule) === null) confirmed.push({ pair: withoutVectors(pair), kind: null });
      else differing.push(withoutVectors(pair));
    }
    done += batch.length;
    onBatch(done, total);
  }
  if (differing.length > 0) await deps.pause(lagMs, signal);
  const before = new Map(differing.map((pair) => [pair.id, pair]));
  for (const batch of batchesOf([...before.keys()])) {
    for (const pair of await ask(batch)) {
      const nowMs = deps.clock.wallMs();
      const isLagging = isYoung(pair, nowMs, lagMs) || hasMoved(before.get(pair.id) ?? pair, pair);
      confirmed.push({ pair: withoutVectors(pair), kind: isLagging ? null : differenceOf(pair, rule) });
    }
    done += batch.length;
    onBatch(done, total);
  }
  return confirmed;
}

/** The report's schema refuses longer ids, and a repair would search for cut ones. */
function checkIds(ids: readonly string[]): void {
  const odd = ids.find((id) => id === "" || id.length > mostIdLength);
  if (odd === undefined) return;
  const message =
    `chunk_id: expected 1 to ${mostIdLength} characters, one that differs has ${odd.length} ` +
    `(${JSON.stringify(odd.slice(0, 80))}, in one store at least); give the chunk a shorter id in both stores`;
  throw new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message });
}

function* batchesOf(ids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += mostLookedUp) yield ids.slice(start, start + mostLookedUp);
}

type Asking = Pick<Confirming, "deps" | "onDoubled"> & { readonly level: VerifyLevel; readonly paced: Pace };

async function lookUp(
  ids: readonly string[],
  { level, paced, deps, onDoubled }: Asking,
  signal: AbortSignal,
): Promise<readonly Pair[]> {
  // `updated_at` is needed at every level: it distinguishes a lag from a loss.
  const asked = level === "ids" ? "fresh" : level;
  const ask = () =>
    onBoth(deadline(signal, deadlineMs), (name, either) => deps.stores[name].lookUp(ids, asked, either));
  const { source, destination } = await withRetries(() => paced(ids.length, signal, ask), deps, signal);
  const { pairs, doubles } = pairUp(ids, source, destination);
  const doubled = new Set([...doubles.source, ...doubles.destination]);
  if (doubled.size === 0) return pairs;
  onDoubled(doubles);
  return pairs.filter(({ id }) => !doubled.has(id));
}

/** Vectors have been compared; keeping thousands of them would cost memory for nothing. */
function withoutVectors({ id, source, destination }: Pair): Pair {
  return {
    id,
    source: source === null ? null : { ...source, vector: null },
    destination: destination === null ? null : { ...destination, vector: null },
  };
}
