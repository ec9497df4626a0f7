// Whatever an application writes and removes, however late its transactions commit, and wherever the process is killed:
// beyond one lag nothing differs.
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fill } from "#copy/fill.ts";
import { SeenVersions } from "#core/seen-versions.ts";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { compareMemories } from "#test/compare-memories.ts";
import { beginFollowing, followOnce } from "./follow.ts";
import { verifyAll } from "./verify-all.ts";

const lagMs = 1000;
const start = Date.UTC(2026, 2, 1);

/** Of the application, at `atMs`: a write bears that moment and is seen `lateMs` later. */
const act = fc.record({
  // A whole second in a store that was copied to may stand for any moment of it.
  atMs: fc.integer({ min: 1, max: 8000 }).filter((ms) => ms % 1000 > 0),
  id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
  what: fc.constantFrom("write" as const, "write" as const, "remove" as const),
});
type Act = { readonly atMs: number; readonly id: string; readonly what: "write" | "remove"; readonly lateMs: number };

function acts(mostLateMs: number): fc.Arbitrary<Act[]> {
  const one = fc.tuple(act, fc.integer({ min: 0, max: mostLateMs })).map(([each, lateMs]) => ({ ...each, lateMs }));
  return fc.uniqueArray(one, { selector: ({ atMs }) => atMs, maxLength: 40 });
}

function chunk(id: string, atMs: number): WholeChunk {
  const updatedAt = new Date(start + atMs).toISOString();
  return { id, entityId: "e", namespace: "n", updatedAt, fields: { mark: atMs }, vector: Float32Array.of(1, 2) };
}

/** A world in which each call to a store takes 7 ms, and the application goes on meanwhile. */
function makeWorld(all: readonly Act[]) {
  const time = { nowMs: 0, stopAt: Number.POSITIVE_INFINITY, stopping: new AbortController() };
  const stores = {
    source: makeChunkMemory("source", [chunk("stays", -1)]),
    destination: makeChunkMemory("destination", []),
  };
  // A chunk's moments never go back, also across its removal: which of two versions is the newer one nothing else tells.
  const newest = new Map<string, number>();
  const due = all.toSorted((a, b) => a.atMs + a.lateMs - (b.atMs + b.lateMs));
  const advance = (ms: number): void => {
    time.nowMs += ms;
    for (let next = due[0]; next !== undefined && next.atMs + next.lateMs <= time.nowMs; next = due[0]) {
      due.shift();
      const { chunks } = stores.source;
      if (next.what === "remove") chunks.delete(next.id);
      else if ((newest.get(next.id) ?? -1) < next.atMs) {
        newest.set(next.id, next.atMs);
        chunks.set(next.id, chunk(next.id, next.atMs));
      }
    }
    if (time.nowMs >= time.stopAt) time.stopping.abort();
  };
  for (const store of Object.values(stores)) {
    store.onCall = () => advance(7);
    store.clockMs = () => start + time.nowMs;
  }
  const clock = { wallMs: () => start + time.nowMs, monotonicMs: () => time.nowMs };
  const seen = new SeenVersions([0.2, 0.6]);
  const deps = {
    ...stores,
    clock,
    onSeen: (id: string, at: number | null) => seen.add(id, at),
    pause: async (ms: number) => advance(ms),
    random: () => 0.5,
    onNote: () => {},
    onProgress: () => {},
  };
  return { stores, time, deps, advance, seen };
}
type World = ReturnType<typeof makeWorld>;

/** A process from its start until it is killed at `untilMs`, or until a whole pass began beyond it. */
async function live({ deps, time, advance }: World, untilMs: number, isKilled: boolean): Promise<void> {
  time.stopping = new AbortController();
  time.stopAt = isKilled ? untilMs : Number.POSITIVE_INFINITY;
  const { signal } = time.stopping;
  const state = beginFollowing(time.nowMs);
  try {
    await fill({ level: "vector", rowsPerSecond: null, batchSize: 3, atOnce: 1, isEmpty: false }, deps, signal);
    do {
      await followOnce(state, { rowsPerSecond: null, overlapMs: lagMs }, deps, signal);
      advance(300);
    } while (isKilled ? !signal.aborted : state.begunMs <= untilMs);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function verify({ stores, deps, seen }: World, removable: "all" | "seen" = "all") {
  const repairDeps = {
    stores: { source: stores.source.store, destination: stores.destination.store },
    writers: { source: stores.source.writer, destination: stores.destination.writer },
    clock: deps.clock,
    pause: deps.pause,
    onProgress: () => {},
  };
  const options = { level: "vector", lagMs: 0, rowsPerSecond: null, onRefusal: "skip" } as const;
  return verifyAll(
    options,
    {
      compare: () => compareMemories(stores),
      repairDeps,
      mayRemove: () => removable,
      wasSeen: ({ id, destinationUpdatedAt: at }) => seen.has(id, at === null ? null : Date.parse(at)),
      removedAsSeen: () => 0,
    },
    AbortSignal.timeout(5000),
  );
}

const kills = fc
  .array(fc.integer({ min: 1, max: 9000 }), { maxLength: 4 })
  .map((list) => list.toSorted((a, b) => a - b));

test("commits within the lag: following alone brings every chunk that the source holds, and a verification the rest", async () => {
  await fc.assert(
    fc.asyncProperty(acts(lagMs), kills, async (all, killed) => {
      const world = makeWorld(all);
      for (const atMs of killed) await live(world, atMs, true);
      await live(world, 8000 + lagMs, false);
      const { source, destination } = world.stores;
      for (const [id, held] of source.chunks) expect(destination.chunks.get(id)).toEqual(held);
      expect((await verify(world)).verified).toMatchObject({ left: 0, written: 0 });
      expect([...destination.chunks.keys()].toSorted()).toEqual([...source.chunks.keys()].toSorted());
    }),
    { numRuns: 70 },
  );
});

test("commits later than the lag: a verification leaves no difference, and one after it finds none", async () => {
  let missed = 0;
  await fc.assert(
    fc.asyncProperty(acts(5000), kills, async (all, killed) => {
      const world = makeWorld(all);
      for (const atMs of killed) await live(world, atMs, true);
      await live(world, 8000 + 5000, false);
      const { verified } = await verify(world);
      missed += verified.written;
      expect(verified.left).toBe(0);
      expect(world.stores.destination.chunks).toEqual(world.stores.source.chunks);
    }),
    { numRuns: 70 },
  );
  expect(missed).toBeGreaterThan(10);
});

test("while the destination is served: what the source removed goes, and what was written to the destination alone stays", async () => {
  let removals = 0;
  await fc.assert(
    fc.asyncProperty(acts(lagMs), fc.constantFrom("a", "c", "own"), async (all, id) => {
      const world = makeWorld(all);
      await live(world, 8000 + lagMs, false);
      const { source, destination } = world.stores;
      // Of a moment that the source never gave this chunk.
      const own = chunk(id, 20_001);
      destination.chunks.set(id, own);
      source.chunks.delete(id);
      removals += (await verify(world, "seen")).verified.removed;
      expect(destination.chunks.get(id)).toEqual(own);
      const others = (keys: Iterable<string>) => [...keys].filter((key) => key !== id).toSorted();
      expect(others(destination.chunks.keys())).toEqual(others(source.chunks.keys()));
    }),
    { numRuns: 70 },
  );
  expect(removals).toBeGreaterThan(10);
});
