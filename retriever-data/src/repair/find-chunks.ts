// What both stores hold of a batch of chunks now, under their own ids and under other spellings of them.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import { mostLookedUp, type StoredChunk } from "@retriever/stores/ports/chunk-store.ts";
import type { Found } from "./decide.ts";
import type { RepairDeps, Run } from "./repair-run.ts";

type Batch = {
  readonly found: (id: string) => Found;
  /** By id: what the other store calls a chunk that is the same by all appearances. */
  readonly respelled: ReadonlyMap<string, string>;
};

/** Of chunks to be written. */
export async function findWrites(run: Run, batch: readonly Difference[], limit: AbortSignal): Promise<Batch> {
  const { found, from, to } = await findBoth(run, batch, limit);
  const fresh = [...from.keys()].filter((id) => !to.has(id));
  return {
    found,
    respelled: await findRespelled(run, { ids: fresh, there: run.plan.to.name, here: run.plan.from.name }, limit),
  };
}

/** Of chunks to be removed: looked up in two ways, so that one that fails to find a chunk doesn't cost it. */
export async function findRemovals(run: Run, batch: readonly Difference[], limit: AbortSignal): Promise<Batch> {
  const { plan, deps } = run;
  const ids = batch.map(({ id }) => id);
  const [both, lookedUp] = await Promise.all([
    findBoth(run, batch, limit),
    deps.stores[plan.from.name].lookUp(ids, "ids", limit),
  ]);
  const inFrom = new Set(lookedUp.map(({ id }) => id));
  const found = (id: string): Found => {
    const { from, to } = both.found(id);
    return { from: from.length === 0 && inFrom.has(id) ? to : from, to };
  };
  const surplus = ids.filter((id) => both.to.has(id) && found(id).from.length === 0);
  return {
    found,
    respelled: await findRespelled(run, { ids: surplus, there: plan.from.name, here: plan.to.name }, limit),
  };
}

async function findBoth({ plan, deps }: Run, batch: readonly Difference[], limit: AbortSignal) {
  const ids = batch.map(({ id }) => id);
  const [from, to] = (await Promise.all(
    [plan.from.name, plan.to.name].map(async (name) => byId(await deps.writers[name].fetch(ids, limit))),
  )) as [Chunks, Chunks];
  return { from, to, found: (id: string): Found => ({ from: from.get(id) ?? [], to: to.get(id) ?? [] }) };
}

type Chunks = ReadonlyMap<string, readonly StoredChunk[]>;

function byId(chunks: readonly StoredChunk[]): Chunks {
  return Map.groupBy(chunks, ({ id }) => id);
}

type Spelled = Pick<Run, "spellings"> & { readonly deps: Pick<RepairDeps, "writers"> };
type Question = { readonly ids: readonly string[]; readonly there: StoreName; readonly here: StoreName };

/** Chunks `there` that are spelled otherwise and have no counterpart `here` under their own spelling. */
export async function findRespelled({ deps, spellings }: Spelled, { ids, there, here }: Question, limit: AbortSignal) {
  const spelled = ids.flatMap((id) => spellings(id).map((other) => [other, id] as const));
  const respelled = new Map<string, string>();
  for (let start = 0; start < spelled.length; start += mostLookedUp) {
    const some = spelled.slice(start, start + mostLookedUp);
    const others = [...new Set(some.map(([other]) => other))];
    const present = new Set((await deps.writers[there].fetch(others, limit)).map(({ id }) => id));
    const both = await deps.writers[here].fetch(
      others.filter((other) => present.has(other)),
      limit,
    );
    const paired = new Set(both.map(({ id }) => id));
    for (const [other, id] of some) if (present.has(other) && !paired.has(other)) respelled.set(id, other);
  }
  return respelled;
}

/** Whether the store that a removal relies on finds some ids that it names itself, in both ways. */
export async function findsItsOwn(
  name: StoreName,
  { stores, writers }: RepairDeps,
  limit: AbortSignal,
): Promise<boolean> {
  const [store, writer] = [stores[name], writers[name]];
  const { someIds } = await store.describe(limit);
  if (someIds.length === 0) return true;
  const [lookedUp, fetched] = await Promise.all([store.lookUp(someIds, "ids", limit), writer.fetch(someIds, limit)]);
  const known = [lookedUp, fetched].map((found) => new Set(found.map(({ id }) => id)));
  // One that was removed just now is in neither.
  return someIds.every((id) => known[0]?.has(id) === known[1]?.has(id)) && someIds.some((id) => known[0]?.has(id));
}
