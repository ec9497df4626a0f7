// Carries out a plan in batches, then compares the chunks that it names in both stores. Nothing is retried: what was
// written stays written, and the same report can be repaired from again.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Difference, DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { ChunkStore, ChunkWriter, VerifyLevel } from "@retriever/stores/ports/chunk-store.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { deadline } from "#compare/retry.ts";
import { differenceOf, isYoung, type PairRule, pairUp } from "#core/pair.ts";
import { vectorRule } from "#core/same-vector.ts";
import { makeThrottle, type Throttle } from "#core/throttle.ts";
import { type RepairPlan, reportedAt } from "./plan.ts";

/** Why a chunk was left as it is. */
export type LeftReason = "newer" | "gone" | "changed" | "wanted";
type Left = { readonly id: string; readonly why: LeftReason };
type Remaining = { readonly id: string; readonly kind: DifferenceKind };

export type RepairResult = {
  readonly written: number;
  readonly removed: number;
  readonly left: readonly Left[];
  /** Named chunks that still differ. */
  readonly remaining: readonly Remaining[];
  /** Named chunks that differ and were written within the lag: no difference yet. */
  readonly lagging: number;
};
export type RepairProgress = {
  readonly step: "writing" | "removing" | "verifying";
  readonly done: number;
  readonly total: number;
};
export type RepairDeps = {
  readonly stores: Readonly<Record<StoreName, ChunkStore>>;
  readonly writers: Readonly<Record<StoreName, ChunkWriter>>;
  readonly clock: Clock;
  /** Resolves after `ms`, or rejects at the signal. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onProgress: (progress: RepairProgress) => void;
};
type RepairOptions = {
  readonly level: VerifyLevel;
  readonly lagMs: number;
  /** Null: as fast as the stores are. */
  readonly rowsPerSecond: number | null;
};

/** Chunks with their vectors, read and written at once: a few MiB. */
const batchSize = 200;
const lookUpSize = 500;
/** For everything that is done with one batch. */
const batchDeadlineMs = 60_000;

/** Rejects with a RetrieverError, and at the signal. Repeating it changes nothing more. */
export async function repair(
  plan: RepairPlan,
  options: RepairOptions,
  deps: RepairDeps,
  signal: AbortSignal,
): Promise<RepairResult> {
  const throttle = makeThrottle(options.rowsPerSecond);
  const left: Left[] = [];
  const run: Run = { plan, deps, throttle, signal };
  const step = async (name: RepairProgress["step"], size: number, all: readonly Difference[], work: Work) => {
    for (let start = 0; start < all.length; start += size) {
      const batch = all.slice(start, start + size);
      await paced(run, batch, work);
      deps.onProgress({ step: name, done: Math.min(all.length, start + size), total: all.length });
    }
  };
  let [written, removed] = [0, 0];
  await step("writing", batchSize, plan.writes, async (batch, limit) => {
    const skipped = await writeBatch(run, batch, limit);
    left.push(...skipped);
    written += batch.length - skipped.length;
  });
  await step("removing", lookUpSize, plan.removals, async (batch, limit) => {
    const skipped = await removeBatch(run, batch, limit);
    left.push(...skipped);
    removed += batch.length - skipped.length;
  });
  const rule = await ruleOf(run, options.level);
  const found: Checked[] = [];
  await step("verifying", lookUpSize, [...plan.writes, ...plan.removals, ...plan.kept], async (batch, limit) => {
    found.push(await check(run, { rule, lagMs: options.lagMs }, batch, limit));
  });
  const remaining = found.flatMap((each) => each.remaining);
  return { written, removed, left, remaining, lagging: found.reduce((sum, each) => sum + each.lagging, 0) };
}

type Run = {
  readonly plan: RepairPlan;
  readonly deps: RepairDeps;
  readonly throttle: Throttle;
  readonly signal: AbortSignal;
};
type Work = (batch: readonly Difference[], limit: AbortSignal) => Promise<void>;

async function paced({ deps, throttle, signal }: Run, batch: readonly Difference[], work: Work): Promise<void> {
  signal.throwIfAborted();
  const startedAt = deps.clock.monotonicMs();
  await work(batch, deadline(signal, batchDeadlineMs));
  const tookMs = deps.clock.monotonicMs() - startedAt;
  const pauseMs = throttle.pauseAfter(batch.length, tookMs, tookMs);
  if (pauseMs > 0) await deps.pause(pauseMs, signal);
}

/** What is written is read now, so that a write since the report isn't undone. */
async function writeBatch({ plan, deps }: Run, batch: readonly Difference[], limit: AbortSignal): Promise<Left[]> {
  const ids = batch.map(({ id }) => id);
  const chunks = await deps.writers[plan.from.name].fetch(ids, limit);
  const present = new Set(chunks.map(({ id }) => id));
  if (present.size < chunks.length) throw doubled(plan);
  const gone = ids.filter((id) => !present.has(id));
  const newer = await deps.writers[plan.to.name].upsert(chunks, limit);
  return [...gone.map((id) => ({ id, why: "gone" as const })), ...newer.map((id) => ({ id, why: "newer" as const }))];
}

/** A chunk goes only when the other store still lacks it, and it is what the report saw. */
async function removeBatch({ plan, deps }: Run, batch: readonly Difference[], limit: AbortSignal): Promise<Left[]> {
  const ids = batch.map(({ id }) => id);
  const [inFrom, inTo] = await Promise.all([
    deps.stores[plan.from.name].lookUp(ids, "ids", limit),
    deps.stores[plan.to.name].lookUp(ids, "fresh", limit),
  ]);
  const wanted = new Set(inFrom.map(({ id }) => id));
  const heldAt = new Map(inTo.map(({ id, updatedAtMs }) => [id, updatedAtMs]));
  const left = batch.flatMap((difference): Left[] => {
    const { id } = difference;
    if (wanted.has(id)) return [{ id, why: "wanted" }];
    if (!heldAt.has(id)) return [{ id, why: "gone" }];
    return heldAt.get(id) === millisecondsOf(reportedAt(plan, difference)) ? [] : [{ id, why: "changed" }];
  });
  const kept = new Set(left.map(({ id }) => id));
  await deps.writers[plan.to.name].remove(
    ids.filter((id) => !kept.has(id)),
    limit,
  );
  return left;
}

function millisecondsOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** Only a comparison of vectors depends on the stores' precision. */
async function ruleOf({ deps: { stores }, signal }: Run, level: VerifyLevel): Promise<PairRule> {
  if (level !== "vector") return { level, vector: { precision: "float32", isDirection: false } };
  const limit = deadline(signal, batchDeadlineMs);
  const [source, destination] = await Promise.all([stores.source.describe(limit), stores.destination.describe(limit)]);
  return { level, vector: vectorRule(source, destination) };
}

type Checked = { readonly remaining: readonly Remaining[]; readonly lagging: number };
type CheckRule = { readonly rule: PairRule; readonly lagMs: number };

async function check(
  { plan, deps: { stores, clock } }: Run,
  { rule, lagMs }: CheckRule,
  batch: readonly Difference[],
  limit: AbortSignal,
): Promise<Checked> {
  const ids = batch.map(({ id }) => id);
  const [source, destination] = await Promise.all([
    stores.source.lookUp(ids, rule.level, limit),
    stores.destination.lookUp(ids, rule.level, limit),
  ]);
  const { pairs, doubled: twice } = pairUp(ids, source, destination);
  if (twice !== null) throw doubled(plan, twice.id);
  const differing = pairs.flatMap((pair) => {
    const kind = differenceOf(pair, rule);
    return kind === null ? [] : [{ pair, kind }];
  });
  const settled = differing.filter(({ pair }) => !isYoung(pair, clock.wallMs(), lagMs));
  const remaining = settled.map(({ pair, kind }) => ({ id: pair.id, kind }));
  return { remaining, lagging: differing.length - settled.length };
}

function doubled({ from, to }: RepairPlan, id?: string): RetrieverError {
  const place =
    id === undefined ? `the ${from.name} holds a chunk` : `${from.name} or ${to.name} holds ${JSON.stringify(id)}`;
  return new RetrieverError({ code: "RETR_VERIFY_DUPLICATE_IDS", message: `${place} more than once` });
}
