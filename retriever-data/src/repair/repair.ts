// Carries out a plan in batches, then compares the chunks that it names in both stores. Nothing is retried: what was
// written stays written, and the same report can be repaired from again.
import type { Difference, DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import type { ChunkRemoval, ChunkWrite, VerifyLevel } from "@retriever/stores/ports/chunk-store.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
import { agree } from "#compare/agree.ts";
import { deadline } from "#compare/retry.ts";
import { differenceOf, isYoung, type Pair, type PairRule, pairUp } from "#core/pair.ts";
import { vectorRule } from "#core/same-vector.ts";
import { decideRemoval, decideWrite, isLeft, type Left, respelledAs } from "./decide.ts";
import { findRemovals, findsItsOwn, findWrites } from "./find-chunks.ts";
import { makeIsOpen } from "./open-chunks.ts";
import type { RepairPlan } from "./plan.ts";
import { batchDeadlineMs, inBatches, type RepairDeps, type Run } from "./repair-run.ts";
import { makeSpellings } from "./spellings.ts";

type Remaining = { readonly id: string; readonly kind: DifferenceKind };
export type RepairResult = {
  readonly written: number;
  readonly removed: number;
  /** Chunks that were left as they are and that aren't the same in both stores by now. */
  readonly left: readonly Left[];
  /** Named chunks that still differ, those that were written among them. */
  readonly remaining: readonly Remaining[];
  /** Named chunks that differ and were written by others within the lag: no difference yet. */
  readonly lagging: number;
  /** Named chunks that are left to do at the end, those within the lag among them. */
  readonly open: readonly string[];
};
export type RepairOptions = {
  readonly level: VerifyLevel;
  readonly lagMs: number;
  /** Null: as fast as the stores are. */
  readonly rowsPerSecond: number | null;
  /** What a chunk that a store can't take means for the others. */
  readonly onRefusal: "skip" | "stop";
  /** Asked before each batch of removals; false leaves the others. Absent: all of them may go. */
  readonly mayRemove?: () => boolean;
  /** Told of each batch of removals at once: a repair that fails later removed them all the same. */
  readonly onRemoved?: (count: number) => void;
};

/** Reasons that say nothing any more of a chunk that is the same in both stores. */
const settled: ReadonlySet<Left["why"]> = new Set(["newer", "changed", "refused"]);

/** Chunks with their vectors, read and written at once: a few MiB. */
const batchSize = 200;

/** What a repair would leave as it is, as far as it can be known without writing. Rejects with a RetrieverError. */
export async function foresee(plan: RepairPlan, options: RepairOptions, deps: RepairDeps, signal: AbortSignal) {
  const run = makeRun(plan, options, deps, signal);
  const left: Left[] = [];
  await inBatches(run, "checking", { size: batchSize, all: plan.writes }, async (batch, limit) => {
    const decided = await decideWrites(run, batch, limit);
    left.push(...decided.left, ...(await deps.writers[plan.to.name].check(decided.writes, limit)));
  });
  await inBatches(run, "checking", { size: batchSize, all: plan.removals }, async (batch, limit) => {
    left.push(...(await decideRemovals(run, batch, limit)).left);
  });
  return left;
}

/** Rejects with a RetrieverError, and at the signal. Repeating it changes nothing more. */
export async function repair(
  plan: RepairPlan,
  options: RepairOptions,
  deps: RepairDeps,
  signal: AbortSignal,
): Promise<RepairResult> {
  const run = makeRun(plan, options, deps, signal);
  const left: Left[] = options.onRefusal === "stop" ? refusedOf(await foresee(plan, options, deps, signal)) : [];
  const isStopped = (): boolean => options.onRefusal === "stop" && left.some(({ why }) => why === "refused");
  const writer = deps.writers[plan.to.name];
  const written = new Map<string, number | null>();
  const removed = new Set<string>();
  await inBatches(run, "writing", { size: batchSize, all: plan.writes, isStopped }, async (batch, limit) => {
    const decided = await decideWrites(run, batch, limit);
    const skipped = await writer.write(decided.writes, limit);
    left.push(...decided.left, ...skipped);
    const kept = new Set(skipped.map(({ id }) => id));
    for (const [id, moment] of decided.moments) if (!kept.has(id)) written.set(id, moment);
  });
  const isKept = (): boolean => isStopped() || options.mayRemove?.() === false;
  await inBatches(run, "removing", { size: batchSize, all: plan.removals, isStopped: isKept }, async (batch, limit) => {
    const decided = await decideRemovals(run, batch, limit);
    const skipped = await writer.remove(decided.removals, limit).catch((error: unknown) => {
      // How many it removed before it failed isn't known.
      options.onRemoved?.(decided.removals.length);
      throw error;
    });
    options.onRemoved?.(decided.removals.length - skipped.length);
    left.push(...decided.left, ...skipped);
    const kept = new Set(skipped.map(({ id }) => id));
    for (const { id } of decided.removals) if (!kept.has(id)) removed.add(id);
  });
  const { remaining, lagging, same, open } = await compare(run, options, written);
  return {
    written: written.size,
    removed: removed.size,
    left: left.filter(({ id, why }) => !settled.has(why) || !same.has(id)),
    remaining,
    lagging,
    open,
  };
}

function makeRun(plan: RepairPlan, { rowsPerSecond }: RepairOptions, deps: RepairDeps, signal: AbortSignal): Run {
  let known: Promise<boolean> | undefined;
  return {
    plan,
    deps,
    rowsPerSecond,
    signal,
    spellings: makeSpellings([...plan.writes, ...plan.removals, ...plan.kept].map(({ id }) => id)),
    findsItsOwn: (limit) => (known ??= findsItsOwn(plan.from.name, deps, limit)),
  };
}

function refusedOf(left: readonly Left[]): Left[] {
  return left.filter(({ why }) => why === "refused");
}

/** What is written is read now, so that a write since the report isn't undone. */
async function decideWrites(run: Run, batch: readonly Difference[], limit: AbortSignal) {
  const { found, respelled } = await findWrites(run, batch, limit);
  const left: Left[] = [];
  const writes: ChunkWrite[] = [];
  const moments: [string, number | null][] = [];
  for (const difference of batch) {
    const decision = decideWrite(run.plan, difference, found(difference.id));
    const other = respelled.get(difference.id);
    if (isLeft(decision)) left.push(decision);
    else if (other === undefined) {
      writes.push(decision);
      moments.push([difference.id, momentOf(found(difference.id).from[0]?.updatedAt)]);
    } else {
      left.push({ id: difference.id, why: "refused", reason: respelledAs(run.plan, other) });
    }
  }
  return { left, writes, moments };
}

/** A chunk goes only when the other store surely lacks it, and it is what the report saw. */
async function decideRemovals(run: Run, batch: readonly Difference[], limit: AbortSignal) {
  const left: Left[] = [];
  const removals: ChunkRemoval[] = [];
  const { name } = run.plan.from;
  if (!(await run.findsItsOwn(limit))) {
    const reason = `the ${name} doesn't find chunks that it surely has by their ids, so that nothing can be said to be missing there`;
    return { left: batch.map(({ id }): Left => ({ id, why: "unknown", reason })), removals };
  }
  const { found, respelled } = await findRemovals(run, batch, limit);
  for (const difference of batch) {
    const decision = decideRemoval(run.plan, difference, found(difference.id));
    const other = respelled.get(difference.id);
    if (isLeft(decision)) left.push(decision);
    else if (other === undefined) removals.push(decision);
    else
      left.push({
        id: difference.id,
        why: "unknown",
        reason: `the ${name} holds ${JSON.stringify(other)}, which may be the same chunk`,
      });
  }
  return { left, removals };
}

/** As the report compared: by what both stores know together. */
async function ruleOf({ plan, deps: { stores }, signal }: Run, level: VerifyLevel): Promise<PairRule> {
  const limit = deadline(signal, batchDeadlineMs);
  const [source, destination] = await Promise.all([stores.source.describe(limit), stores.destination.describe(limit)]);
  const { momentPrecision } = plan;
  agree(stores, { source, destination });
  return { level, vector: vectorRule(source, destination), momentPrecision };
}

/** Compares every chunk that the report names; `written`: those the repair wrote, with the moment that they bear. */
async function compare(run: Run, { level, lagMs }: RepairOptions, written: ReadonlyMap<string, number | null>) {
  const { plan, deps } = run;
  const rule = await ruleOf(run, level);
  const remaining: Remaining[] = [];
  const same = new Set<string>();
  const open: string[] = [];
  const isOpen = makeIsOpen(plan);
  let lagging = 0;
  const all = [...plan.writes, ...plan.removals, ...plan.kept];
  await inBatches(run, "verifying", { size: batchSize, all }, async (batch, limit) => {
    const ids = batch.map(({ id }) => id);
    const [source, destination] = await Promise.all([
      deps.stores.source.lookUp(ids, rule.level, limit),
      deps.stores.destination.lookUp(ids, rule.level, limit),
    ]);
    for (const pair of pairUp(ids, source, destination).pairs) {
      const kind = differenceOf(pair, rule);
      if (isOpen(pair, kind)) open.push(pair.id);
      if (kind === null) same.add(pair.id);
      else if (!isOwnWrite(plan, pair, written) && isYoung(pair, deps.clock.wallMs(), lagMs)) lagging += 1;
      else remaining.push({ id: pair.id, kind });
    }
  });
  return { remaining, lagging, same, open };
}

/** Whether the repair wrote the chunk and nobody has written where it came from since: then no write is under way. */
function isOwnWrite({ from }: RepairPlan, pair: Pair, written: ReadonlyMap<string, number | null>): boolean {
  const moment = written.get(pair.id);
  return moment !== undefined && (pair[from.name]?.updatedAtMs ?? null) === moment;
}

function momentOf(text: string | null | undefined): number | null {
  return typeof text === "string" ? readMoment(text) : null;
}
