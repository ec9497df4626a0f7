import { RetrieverError } from "@retriever/stores/errors.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HeldChunk, makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { makeMemoryFiles, runOver, startMs } from "#test/verify-run.ts";
import type { Findings } from "./run.ts";
import { checkpointFile } from "./run-deps.ts";

const old = startMs - 1_000_000;

function chunksUpTo(count: number): HeldChunk[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `chunk-${index}`,
    namespace: `n${index % 3}`,
    updatedAtMs: old + index,
    payload: index,
  }));
}

/** What a difference of each kind does to the destination. */
const faults = {
  missing: (): HeldChunk[] => [],
  extra: (chunk: HeldChunk): HeldChunk[] => [chunk, { ...chunk, id: `${chunk.id}-more` }],
  stale: (chunk: HeldChunk): HeldChunk[] => [{ ...chunk, updatedAtMs: old - 5000 }],
  undated: (chunk: HeldChunk): HeldChunk[] => [{ ...chunk, updatedAtMs: null }],
  payload: (chunk: HeldChunk): HeldChunk[] => [{ ...chunk, payload: -1 }],
  vector: (chunk: HeldChunk): HeldChunk[] => [{ ...chunk, vector: [1, 2, 3, 4.01] }],
  none: (chunk: HeldChunk): HeldChunk[] => [chunk],
} as const;
type Fault = keyof typeof faults;

/** What a report has to say of it. */
const kinds: Readonly<Record<Fault, readonly string[]>> = {
  missing: ["missing"],
  extra: ["extra"],
  stale: ["stale"],
  undated: ["stale"],
  payload: ["payload"],
  vector: ["vector"],
  none: [],
};

function damage(chunks: readonly HeldChunk[], seeded: ReadonlyMap<number, Fault>): HeldChunk[] {
  return chunks.flatMap((chunk, index) => faults[seeded.get(index) ?? "none"](chunk));
}

function expectedOf(seeded: ReadonlyMap<number, Fault>): string[] {
  return [...seeded]
    .flatMap(([index, fault]) =>
      kinds[fault].map((kind) => `${kind} chunk-${index}${fault === "extra" ? "-more" : ""}`),
    )
    .toSorted();
}

function namedIn({ differences }: Findings): string[] {
  return differences.map(({ kind, id }) => `${kind} ${id}`).toSorted();
}

const seeding = fc
  .uniqueArray(fc.tuple(fc.nat(119), fc.constantFrom(...(Object.keys(faults) as Fault[]))), {
    maxLength: 40,
    selector: ([index]) => index,
  })
  .map((pairs) => new Map(pairs));

describe("two stores", () => {
  test("whatever differs is named with its kind, in any order of reading, and nothing else is", async () => {
    await fc.assert(
      fc.asyncProperty(seeding, fc.integer({ min: 1, max: 50 }), async (seeded, pageSize) => {
        const source = makeMemoryChunkStore("source", chunksUpTo(120));
        const destination = makeMemoryChunkStore("destination", damage(chunksUpTo(120), seeded).toReversed());
        const found = await runOver(source, destination, { scope: { level: "vector" }, pageSize });
        expect(namedIn(found)).toEqual(expectedOf(seeded));
        expect(found.outcome).toBe(expectedOf(seeded).length > 0 ? "drift" : "equal");
        expect(found).toMatchObject({ reason: null, isListComplete: true, source: { read: 120 } });
        expect(found.counts.lagging).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("each level finds what it compares and no more", async () => {
    const seeded = new Map<number, Fault>([
      [1, "missing"],
      [2, "stale"],
      [3, "payload"],
      [4, "vector"],
    ]);
    const found: Record<string, number> = {};
    for (const level of ["ids", "fresh", "payload", "vector"] as const) {
      const source = makeMemoryChunkStore("source", chunksUpTo(20));
      const destination = makeMemoryChunkStore("destination", damage(chunksUpTo(20), seeded));
      found[level] = (await runOver(source, destination, { scope: { level } })).differences.length;
    }
    expect(found).toEqual({ ids: 1, fresh: 2, payload: 3, vector: 4 });
  });

  test("counts go by kind and namespace, and the newest difference is told", async () => {
    const seeded = new Map<number, Fault>([
      [3, "missing"],
      [6, "missing"],
      [7, "stale"],
    ]);
    const found = await runOver(
      makeMemoryChunkStore("source", chunksUpTo(20)),
      makeMemoryChunkStore("destination", damage(chunksUpTo(20), seeded)),
    );
    expect(found.counts).toMatchObject({ missing: 2, stale: 1, extra: 0 });
    expect(found.namespaces).toMatchObject([
      { namespace: "n0", counts: { missing: 2 } },
      { namespace: "n1", counts: { stale: 1 } },
    ]);
    expect(found.newestDifferenceAt).toBe(new Date(old + 7).toISOString());
    expect(found.differences[2]).toEqual({
      id: "chunk-7",
      kind: "stale",
      namespace: "n1",
      sourceUpdatedAt: new Date(old + 7).toISOString(),
      destinationUpdatedAt: new Date(old - 5000).toISOString(),
    });
  });

  test("partitions share out the ids between them, and a sample takes its share of each", async () => {
    const seeded = new Map(Array.from({ length: 60 }, (_, index): [number, Fault] => [index * 2, "missing"]));
    const parts = await Promise.all(
      [0, 1, 2].map((index) =>
        runOver(
          makeMemoryChunkStore("source", chunksUpTo(120)),
          makeMemoryChunkStore("destination", damage(chunksUpTo(120), seeded)),
          { scope: { partition: { index, count: 3 } } },
        ),
      ),
    );
    expect(parts.flatMap(namedIn).toSorted()).toEqual(expectedOf(seeded));
    expect(parts.reduce((sum, { source }) => sum + source.read, 0)).toBe(120);
    expect(parts.every(({ source }) => source.read > 20)).toBe(true);
    const chunks = chunksUpTo(4000);
    const options = { scope: { sample: 0.25 }, pageSize: 500 };
    const sampled = await runOver(makeMemoryChunkStore("a", chunks), makeMemoryChunkStore("b", chunks), options);
    expect(sampled.source.read).toBe(sampled.destination.read);
    expect(Math.abs(sampled.source.read - 1000)).toBeLessThan(120);
  });

  test("a run since a moment sees what was written since then on either side", async () => {
    const source = chunksUpTo(20);
    const since = new Date(old + 10).toISOString();
    const destination = source.map((chunk) =>
      chunk.id === "chunk-12" || chunk.id === "chunk-2" ? { ...chunk, updatedAtMs: old - 1 } : chunk,
    );
    const stores = [makeMemoryChunkStore("a", source), makeMemoryChunkStore("b", destination)] as const;
    const found = await runOver(...stores, { scope: { since } });
    expect(namedIn(found)).toEqual(["stale chunk-12"]);
    expect(found.source.read).toBe(10);
  });
});

describe("more differences than the table holds", () => {
  test("they are named all the same, part by part", async () => {
    const seeded = new Map(Array.from({ length: 500 }, (_, index): [number, Fault] => [index * 2, "stale"]));
    const notes: string[] = [];
    const found = await runOver(
      makeMemoryChunkStore("source", chunksUpTo(1200)),
      makeMemoryChunkStore("destination", damage(chunksUpTo(1200), seeded)),
      { cells: 600, pageSize: 200, deps: { onNote: (note) => notes.push(note) } },
    );
    expect(namedIn(found)).toEqual(expectedOf(seeded));
    expect(found).toMatchObject({ isListComplete: true, source: { read: 1200 } });
    expect(notes.join()).toContain("more differs than the table holds");
  });

  test("where no list could hold them some are named, truly, and the list says that it isn't whole", async () => {
    const source = makeMemoryChunkStore("source", chunksUpTo(9000));
    const found = await runOver(source, makeMemoryChunkStore("destination", [{ id: "x", updatedAtMs: old }]), {
      cells: 300,
      pageSize: 3000,
    });
    expect(found).toMatchObject({ outcome: "drift", isListComplete: false });
    expect(found.differences.length).toBeGreaterThan(100);
    expect(found.differences.every(({ kind }) => kind === "missing" || kind === "extra")).toBe(true);
    expect(source.seen.scans.length).toBeLessThan(8);
  });
});

describe("writes under way", () => {
  test("a chunk that arrives between the look-ups lags, and so does one that was written just now", async () => {
    const source = makeMemoryChunkStore("source", [...chunksUpTo(20), { id: "new", updatedAtMs: startMs + 4000 }]);
    const destination = makeMemoryChunkStore("destination", chunksUpTo(19));
    const found = await runOver(source, destination, {
      deps: {
        pause: async () => {
          destination.chunks.push(...chunksUpTo(20).slice(19));
        },
        clock: { wallMs: () => startMs + 5000, monotonicMs: () => 0 },
      },
    });
    expect(found).toMatchObject({ outcome: "equal", counts: { missing: 0, lagging: 2 } });
    expect(destination.seen.lookUps.map((ids) => ids.length)).toEqual([2, 2]);
  });

  test("a chunk that both stores lost meanwhile, or that is being written again, is no difference", async () => {
    const source = makeMemoryChunkStore("source", chunksUpTo(10));
    const destination = makeMemoryChunkStore("destination", chunksUpTo(8));
    const found = await runOver(source, destination, {
      deps: {
        pause: async () => {
          source.chunks.splice(8, 2, { id: "chunk-9", updatedAtMs: startMs - 60_000 });
        },
      },
    });
    expect(found).toMatchObject({ outcome: "equal", counts: { lagging: 2 } });
  });

  test("a moment far ahead excuses no loss", async () => {
    const ahead = { id: "ahead", updatedAtMs: startMs + 3_600_000 };
    const found = await runOver(
      makeMemoryChunkStore("a", [...chunksUpTo(3), ahead]),
      makeMemoryChunkStore("b", chunksUpTo(3)),
    );
    expect(namedIn(found)).toEqual(["missing ahead"]);
  });
});

describe("stores that can't be compared", () => {
  test.each([
    { what: "dimensions", change: { dimension: 8 }, says: "dimension: the source has 4, the destination 8" },
    { what: "metrics", change: { metric: "l2", metricName: "Euclid" }, says: "the destination Euclid" },
    { what: "an unknown metric", change: { metric: null, metricName: "Manhattan" }, says: "has Manhattan" },
    {
      what: "foreign ids",
      change: { idKind: "uuid", someIds: ["1"] },
      says: "the source's are text (such as chunk-0)",
    },
  ] as const)("$what make the outcome unknown, whatever the chunks", async ({ change, says }) => {
    const destination = makeMemoryChunkStore("b", [{ id: "1" }], change);
    const found = await runOver(makeMemoryChunkStore("a", chunksUpTo(3)), destination);
    expect(found.outcome).toBe("unknown");
    expect(found.reason).toMatch(/^RETR_VERIFY_NOT_COMPARABLE: /);
    expect(found.reason).toContain(says);
  });

  test("other metrics leave the ids to be compared", async () => {
    const destination = makeMemoryChunkStore("b", chunksUpTo(2), { metric: "dot", metricName: "Dot" });
    const found = await runOver(makeMemoryChunkStore("a", chunksUpTo(3)), destination, { scope: { level: "ids" } });
    expect(namedIn(found)).toEqual(["missing chunk-2"]);
    const fresh = await runOver(makeMemoryChunkStore("a", chunksUpTo(3)), destination);
    expect(fresh.reason).toContain("--level ids compares which chunks there are");
  });

  test("vectors without an index on either id aren't compared by reading everything for each page", async () => {
    const [a, b] = ["a", "b"].map((name) => makeMemoryChunkStore(name, chunksUpTo(3), { isLookUpCheap: false }));
    const found = await runOver(a as never, b as never, { scope: { level: "vector" } });
    expect(found.reason).toContain("expected an index on chunk_id");
  });

  test("a store without any date isn't stale: its field is missing", async () => {
    const undated = chunksUpTo(5).map(({ id }) => ({ id }));
    const found = await runOver(makeMemoryChunkStore("a", chunksUpTo(5)), makeMemoryChunkStore("b", undated));
    expect(found.reason).toContain("updated_at: no chunk of the destination has it");
    const neither = await runOver(makeMemoryChunkStore("a", undated), makeMemoryChunkStore("b", undated));
    expect(neither.outcome).toBe("equal");
  });

  test("an id that a store holds twice makes the outcome unknown and is named", async () => {
    const doubled = [...chunksUpTo(5), { id: "chunk-2", updatedAtMs: old }];
    const found = await runOver(makeMemoryChunkStore("a", chunksUpTo(5)), makeMemoryChunkStore("b", doubled));
    expect(found).toMatchObject({ outcome: "unknown", differences: [], isListComplete: false });
    expect(found.reason).toMatch(/^RETR_VERIFY_DUPLICATE_IDS: .*the destination holds "chunk-2"/);
  });
});

describe("stores that fail", () => {
  const lost = () => new RetrieverError({ code: "RETR_BACKEND_UNAVAILABLE", message: "gone" });

  test("a connection that is lost midway and comes back costs nothing but a note", async () => {
    const source = makeMemoryChunkStore("a", chunksUpTo(100));
    const seeded = new Map<number, Fault>([[55, "missing"]]);
    const notes: string[] = [];
    source.onRead = () => {
      if (source.seen.pages === 4 && notes.length === 0) throw lost();
    };
    const destination = makeMemoryChunkStore("b", damage(chunksUpTo(100), seeded));
    const found = await runOver(source, destination, { deps: { onNote: (note) => notes.push(note) } });
    expect(namedIn(found)).toEqual(["missing chunk-55"]);
    expect(found.source.read).toBe(100);
    expect(notes).toHaveLength(1);
  });

  test("one that is lost for a look-up or at the first question comes back as well", async () => {
    for (const failing of ["describe", "lookUp"] as const) {
      const source = makeMemoryChunkStore("a", chunksUpTo(5));
      const asIs = source[failing].bind(source) as (...args: unknown[]) => Promise<never>;
      let calls = 0;
      Object.assign(source, {
        [failing]: (...args: unknown[]) => {
          calls += 1;
          return calls % 3 === 0 ? asIs(...args) : Promise.reject(lost());
        },
      });
      expect((await runOver(source, makeMemoryChunkStore("b", []))).counts.missing).toBe(5);
      expect(calls).toBe(failing === "describe" ? 3 : 6);
    }
  });

  test("one that stays away makes the outcome unknown, never equal, and nothing found before counts", async () => {
    const destination = makeMemoryChunkStore("b", chunksUpTo(90));
    destination.onRead = () => {
      if (destination.seen.pages === 4) throw lost();
    };
    const found = await runOver(makeMemoryChunkStore("a", chunksUpTo(100)), destination);
    expect(found).toMatchObject({ outcome: "unknown", reason: "RETR_BACKEND_UNAVAILABLE: gone", differences: [] });
  });

  test("a refused credential isn't tried again", async () => {
    const source = makeMemoryChunkStore("a", chunksUpTo(10));
    let reads = 0;
    source.onRead = () => {
      reads += 1;
      throw new RetrieverError({ code: "RETR_BACKEND_AUTH", message: "no" });
    };
    expect((await runOver(source, makeMemoryChunkStore("b", []))).reason).toBe("RETR_BACKEND_AUTH: no");
    expect(reads).toBe(1);
  });

  test("a full report folder costs the resuming, not the evidence, and is said once", async () => {
    const files = makeMemoryFiles();
    files.isFull = true;
    const notes: string[] = [];
    const deps = { files, onNote: (note: string) => void notes.push(note) };
    const found = await runOver(makeMemoryChunkStore("a", chunksUpTo(5)), makeMemoryChunkStore("b", []), { deps });
    expect(found.counts.missing).toBe(5);
    expect(notes).toEqual(["RETR_VERIFY_FOLDER_UNWRITABLE: full (ENOSPC); the run goes on and can't be resumed"]);
  });
});

describe("a run that was cut off", () => {
  test("gives the same findings when resumed, wherever it was cut and however often", async () => {
    const property = fc.asyncProperty(
      seeding,
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom("fresh" as const, "vector" as const),
      fc.constantFrom(90, 3000),
      async (seeded, cuts, level, cells) => {
        const make = () => [
          makeMemoryChunkStore("a", chunksUpTo(120)),
          makeMemoryChunkStore("b", damage(chunksUpTo(120), seeded)),
        ];
        const [a, b] = make();
        const whole = await runOver(a as never, b as never, { scope: { level }, cells });
        const files = makeMemoryFiles();
        let isResumed = false;
        for (const cut of cuts) {
          const [source, destination] = make();
          const stopping = new AbortController();
          let reads = 0;
          const onRead = () => {
            reads += 1;
            if (reads === cut) stopping.abort();
          };
          Object.assign(source as object, { onRead });
          Object.assign(destination as object, { onRead });
          const options = { scope: { level }, cells, isResumed, deps: { files }, signal: stopping.signal };
          await runOver(source as never, destination as never, options);
          isResumed = true;
        }
        const [source, destination] = make();
        const options = { scope: { level }, cells, isResumed, deps: { files } };
        expect(await runOver(source as never, destination as never, options)).toEqual(whole);
      },
    );
    await fc.assert(property, { numRuns: 80 });
  });

  test("reads on from where it was, not from the beginning", async () => {
    const files = makeMemoryFiles();
    const source = makeMemoryChunkStore("a", chunksUpTo(100));
    const destination = makeMemoryChunkStore("b", chunksUpTo(100));
    const stopping = new AbortController();
    source.onRead = () => {
      if (source.seen.pages === 7) stopping.abort();
    };
    const cut = await runOver(source, destination, { deps: { files }, signal: stopping.signal });
    expect(cut).toMatchObject({ outcome: "unknown", reason: expect.stringContaining("stopped") as string });
    source.onRead = () => {};
    await runOver(source, destination, { deps: { files }, isResumed: true });
    expect(Number(source.seen.scans.at(-1)?.after)).toBeGreaterThanOrEqual(50);
  });

  test("isn't gone on from with another scope, nor from a damaged checkpoint", async () => {
    const files = makeMemoryFiles();
    const stores = [makeMemoryChunkStore("a", chunksUpTo(5)), makeMemoryChunkStore("b", [])] as const;
    await runOver(...stores, { deps: { files } });
    const resume = (scope: object) => runOver(...stores, { deps: { files }, isResumed: true, scope });
    await expect(resume({ level: "ids" })).rejects.toMatchObject({ code: "RETR_VERIFY_CHECKPOINT_INVALID" });
    const checkpoint = files.held.get(checkpointFile) as Buffer;
    checkpoint[checkpoint.length - 40] = (checkpoint.at(-40) ?? 0) ^ 1;
    await expect(resume({})).rejects.toMatchObject({ message: "the checkpoint is damaged, or of another version" });
    files.held.clear();
    expect((await resume({})).counts.missing).toBe(5);
  });
});
