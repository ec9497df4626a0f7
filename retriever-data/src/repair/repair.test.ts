import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { differenceOf } from "#core/pair.ts";
import { type ChunkMemory, makeChunkMemory } from "#test/chunk-memory.ts";
import { makeDifference, makeReport } from "#test/reports.ts";
import { type Direction, type PlanOptions, planRepair } from "./plan.ts";
import { printPlan, printResult, repairLine } from "./print.ts";
import { type RepairProgress, type RepairResult, repair } from "./repair.ts";

const nowMs = Date.UTC(2026, 2, 2);
const time = (second: number): string => new Date(Date.UTC(2026, 2, 1, 0, 0, second)).toISOString();

function chunk(id: string, second: number | null, change: Partial<WholeChunk> = {}): WholeChunk {
  const updatedAt = second === null ? null : time(second);
  return {
    id,
    entityId: "e",
    namespace: "n",
    updatedAt,
    fields: { lang: "de" },
    vector: Float32Array.of(1, 2),
    ...change,
  };
}

type Scene = { readonly source: ChunkMemory; readonly destination: ChunkMemory };

function scene(source: readonly WholeChunk[], destination: readonly WholeChunk[]): Scene {
  return { source: makeChunkMemory("source", source), destination: makeChunkMemory("destination", destination) };
}

/** What verify would list. */
async function differencesOf({ source, destination }: Scene): Promise<Difference[]> {
  const rule = { level: "vector", vector: { precision: "float32", isDirection: false } } as const;
  const ids = [...new Set([...source.chunks.keys(), ...destination.chunks.keys()])];
  const found: Difference[] = [];
  for (const id of ids) {
    const [inSource] = await source.store.lookUp([id], "vector", AbortSignal.timeout(1000));
    const [inDestination] = await destination.store.lookUp([id], "vector", AbortSignal.timeout(1000));
    const kind = differenceOf({ id, source: inSource ?? null, destination: inDestination ?? null }, rule);
    if (kind === null) continue;
    const sourceUpdatedAt = source.chunks.get(id)?.updatedAt ?? null;
    const destinationUpdatedAt = destination.chunks.get(id)?.updatedAt ?? null;
    found.push(makeDifference(id, kind, { sourceUpdatedAt, destinationUpdatedAt }));
  }
  return found;
}

function planOf({ source, destination }: Scene, differences: readonly Difference[], options: PlanOptions) {
  const stores = { source: source.store.identity, destination: destination.store.identity };
  const report = makeReport(stores, differences);
  return { report, plan: planRepair(report, stores, options) };
}

type Run = {
  readonly result: RepairResult;
  readonly progress: readonly RepairProgress[];
  readonly pauses: readonly number[];
};

async function run(
  at: Scene,
  differences: readonly Difference[],
  options: PlanOptions,
  signal?: AbortSignal,
): Promise<Run> {
  const { plan } = planOf(at, differences, options);
  const progress: RepairProgress[] = [];
  const pauses: number[] = [];
  const deps = {
    stores: { source: at.source.store, destination: at.destination.store },
    writers: { source: at.source.writer, destination: at.destination.writer },
    clock: { wallMs: () => nowMs, monotonicMs: () => 0 },
    pause: async (ms: number) => void pauses.push(ms),
    onProgress: (each: RepairProgress) => void progress.push(each),
  };
  const rules = { level: "vector", lagMs: 5000, rowsPerSecond: 1000 } as const;
  const result = await repair(plan, rules, deps, signal ?? AbortSignal.timeout(10_000));
  return { result, progress, pauses };
}

const forward: PlanOptions = { direction: "source-to-destination", deletesExtra: false };
const backward: PlanOptions = { direction: "destination-to-source", deletesExtra: false };

test("everything the source has is written to the destination, and what only that one has stays", async () => {
  const old = chunk("stale", 1);
  const at = scene(
    [chunk("same", 1), chunk("missing", 2), chunk("stale", 5), chunk("payload", 3)],
    [chunk("same", 1), old, chunk("payload", 3, { fields: { lang: "fr" } }), chunk("extra", 9)],
  );
  const { result } = await run(at, await differencesOf(at), forward);
  expect(result).toEqual({ written: 3, removed: 0, left: [], remaining: [{ id: "extra", kind: "extra" }], lagging: 0 });
  expect(at.destination.chunks.get("stale")).toEqual(chunk("stale", 5));
  expect(at.destination.changes).toEqual([{ what: "upsert", ids: ["missing", "stale", "payload"] }]);
  expect(at.source.changes).toEqual([]);
});

test("the other direction brings the source what only the destination received", async () => {
  const at = scene([chunk("same", 1), chunk("kept", 1)], [chunk("same", 1), chunk("new", 7)]);
  const { result } = await run(at, await differencesOf(at), backward);
  expect(result).toMatchObject({ written: 1, removed: 0, remaining: [{ id: "kept", kind: "missing" }] });
  expect([...at.source.chunks.keys()]).toEqual(["same", "kept", "new"]);
  expect(at.destination.changes).toEqual([]);
});

test("what only the destination has is removed when that is asked for, unless it changed or the source has it by now", async () => {
  const at = scene(
    [],
    ["plain", "changed", "wanted", "gone"].map((id) => chunk(id, 1)),
  );
  const differences = await differencesOf(at);
  at.destination.chunks.set("changed", chunk("changed", 2));
  at.destination.chunks.delete("gone");
  at.source.chunks.set("wanted", chunk("wanted", 1));
  const { result } = await run(at, differences, { ...forward, deletesExtra: true });
  expect(at.destination.changes).toEqual([{ what: "remove", ids: ["plain"] }]);
  expect(result).toEqual({
    written: 0,
    removed: 1,
    left: [
      { id: "changed", why: "changed" },
      { id: "wanted", why: "wanted" },
      { id: "gone", why: "gone" },
    ],
    remaining: [{ id: "changed", kind: "extra" }],
    lagging: 0,
  });
});

test("a chunk that became newer since the report is listed and stays as it is", async () => {
  const at = scene([chunk("a", 5), chunk("b", 5)], [chunk("a", 1)]);
  const differences = await differencesOf(at);
  at.destination.chunks.set("a", chunk("a", 8));
  const { result } = await run(at, differences, forward);
  expect(result).toMatchObject({
    written: 1,
    left: [{ id: "a", why: "newer" }],
    remaining: [{ id: "a", kind: "stale" }],
  });
  expect(at.destination.chunks.get("a")).toEqual(chunk("a", 8));
});

test("a chunk that left the store it would come from is listed, and nothing is invented", async () => {
  const at = scene([chunk("a", 5)], []);
  const differences = await differencesOf(at);
  at.source.chunks.clear();
  const { result } = await run(at, differences, forward);
  expect(result).toMatchObject({ written: 0, left: [{ id: "a", why: "gone" }], remaining: [] });
});

test("a chunk written just now on one side only is no difference yet", async () => {
  const at = scene([chunk("a", 5)], []);
  const differences = await differencesOf(at);
  at.source.chunks.set("a", chunk("a", null, { updatedAt: new Date(nowMs - 1000).toISOString() }));
  at.destination.writer.upsert = async () => [];
  expect((await run(at, differences, forward)).result).toMatchObject({ remaining: [], lagging: 1 });
});

test("work goes in batches with pauses between them, and its progress is told", async () => {
  const at = scene(
    Array.from({ length: 450 }, (_, index) => chunk(`c${index}`, 1)),
    [],
  );
  const { progress, pauses } = await run(at, await differencesOf(at), forward);
  expect(progress.map(({ step, done, total }) => `${step} ${done}/${total}`)).toEqual([
    "writing 200/450",
    "writing 400/450",
    "writing 450/450",
    "verifying 450/450",
  ]);
  expect(pauses).toEqual([200, 200, 50, 450]);
});

test("an aborted repair ends between two batches", async () => {
  const at = scene(
    Array.from({ length: 450 }, (_, index) => chunk(`c${index}`, 1)),
    [],
  );
  const differences = await differencesOf(at);
  const stopping = new AbortController();
  at.destination.writer.upsert = async (chunks) => {
    for (const each of chunks) at.destination.chunks.set(each.id, each);
    stopping.abort(new Error("stopped"));
    return [];
  };
  await expect(run(at, differences, forward, stopping.signal)).rejects.toThrow("stopped");
  expect(at.destination.chunks.size).toBe(200);
});

const chunks = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 12 }),
    second: fc.option(fc.integer({ min: 0, max: 3 })),
    lang: fc.constantFrom("de", "fr"),
  }),
  { selector: ({ id }) => id },
);

test("a repair makes the stores equal but for what is newer, touches nothing else, and again changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      chunks,
      chunks,
      fc.constantFrom<Direction>("source-to-destination", "destination-to-source"),
      async (a, b, direction) => {
        const make = (list: typeof a) =>
          list.map(({ id, second, lang }) => chunk(`c${id}`, second, { fields: { lang } }));
        const at = scene(make(a), make(b));
        const options = { direction, deletesExtra: true };
        const differences = await differencesOf(at);
        const named = new Set(differences.map(({ id }) => id));
        const { result } = await run(at, differences, options);
        const left = new Set(result.left.map(({ id }) => id));
        const rest = await differencesOf(at);
        expect(rest.map(({ id }) => id).toSorted()).toEqual(result.remaining.map(({ id }) => id).toSorted());
        expect(rest.every(({ id }) => left.has(id))).toBe(true);
        expect(result.left.every(({ why }) => why === "newer")).toBe(true);
        const touched = [...at.source.changes, ...at.destination.changes].flatMap(({ ids }) => ids);
        expect(touched.every((id) => named.has(id))).toBe(true);
        const again = await run(at, differences, options);
        expect(again.result.remaining).toEqual(result.remaining);
        expect((await differencesOf(at)).map(({ id }) => id)).toEqual(rest.map(({ id }) => id));
      },
    ),
  );
});

test("plan and result read as sentences, and as one line for programs", async () => {
  const at = scene([chunk("odd id\n", 2), chunk("stale", 5)], [chunk("stale", 8), chunk("extra", 9)]);
  const differences = await differencesOf(at);
  const { plan, report } = planOf(at, differences, forward);
  expect(printPlan(plan, report, ["look out"]).split("\n").slice(1)).toEqual([
    "  from    source       memory://source:1/chunks",
    "  to      destination  memory://destination:1/chunks",
    '  write   1 missing, 1 stale: "odd id\\n", stale',
    "  remove  nothing: 1 extra: extra that only the destination has stay (--delete-extra removes them)",
    "  mind    look out",
  ]);
  const { result } = await run(at, differences, forward);
  expect(printResult(result).split("\n")).toEqual([
    "  done    1 written, 0 removed",
    "  left    1 newer where it would have been overwritten: stale",
    "  differ  1 stale, 1 extra: stale, extra",
  ]);
  expect(JSON.parse(repairLine(plan, null))).toMatchObject({ repair: { dryRun: true, done: null } });
  expect(JSON.parse(repairLine(plan, result))).toEqual({
    repair: {
      from: "memory://source:1/chunks",
      to: "memory://destination:1/chunks",
      dryRun: false,
      planned: { write: { missing: 1, stale: 1 }, remove: 0, keep: 1 },
      done: {
        written: 1,
        removed: 0,
        left: { newer: 1, gone: 0, changed: 0, wanted: 0 },
        remaining: { stale: 1, extra: 1 },
        lagging: 0,
      },
    },
  });
});
