import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { differenceOf } from "#core/pair.ts";
import { type ChunkMemory, makeChunkMemory } from "#test/chunk-memory.ts";
import { makeDifference, makeReport } from "#test/reports.ts";
import { type Direction, type PlanOptions, planRepair } from "./plan.ts";
import { printLeft, printPlan, printResult, repairLine } from "./print.ts";
import { type RepairOptions, type RepairResult, repair } from "./repair.ts";
import type { RepairProgress } from "./repair-run.ts";

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
    const [{ version: sourceVersion } = {}] = await source.writer.fetch([id], AbortSignal.timeout(1000));
    const [{ version: destinationVersion } = {}] = await destination.writer.fetch([id], AbortSignal.timeout(1000));
    const versions = {
      ...(sourceVersion === undefined ? {} : { sourceVersion }),
      ...(destinationVersion === undefined ? {} : { destinationVersion }),
    };
    found.push(makeDifference(id, kind, { sourceUpdatedAt, destinationUpdatedAt, ...versions }));
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
  options: PlanOptions & { readonly onRefusal?: RepairOptions["onRefusal"] },
  signal = AbortSignal.timeout(10_000),
): Promise<Run> {
  const { onRefusal = "skip" } = options;
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
  const result = await repair(plan, { ...rules, onRefusal }, deps, signal);
  return { result, progress, pauses };
}

const rules = { level: "vector", lagMs: 5000, rowsPerSecond: 1000, onRefusal: "skip" } as const;
const forward: PlanOptions = { direction: "source-to-destination", deletesExtra: false };
const backward: PlanOptions = { direction: "destination-to-source", deletesExtra: false };

test("everything the source has is written to the destination, and what only that one has stays", async () => {
  const old = chunk("stale", 1);
  const at = scene(
    [chunk("same", 1), chunk("missing", 2), chunk("stale", 5), chunk("payload", 3)],
    [chunk("same", 1), old, chunk("payload", 3, { fields: { lang: "fr" } }), chunk("extra", 9)],
  );
  const { result } = await run(at, await differencesOf(at), forward);
  const remaining = [{ id: "extra", kind: "extra" }];
  expect(result).toEqual({ written: 3, removed: 0, left: [], remaining, lagging: 0, open: [] });
  expect(at.destination.chunks.get("stale")).toEqual(chunk("stale", 5));
  expect(at.destination.changes).toEqual([{ what: "write", ids: ["missing", "stale", "payload"] }]);
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
    open: ["changed"],
  });
});

test("a chunk that changed since the report is listed and stays as it is, whichever is newer", async () => {
  const at = scene([chunk("a", 5), chunk("b", 5)], [chunk("a", 1)]);
  const differences = await differencesOf(at);
  at.destination.chunks.set("a", chunk("a", 8));
  const { result } = await run(at, differences, forward);
  expect(result).toMatchObject({
    written: 1,
    left: [{ id: "a", why: "changed" }],
    remaining: [{ id: "a", kind: "stale" }],
  });
  expect(at.destination.chunks.get("a")).toEqual(chunk("a", 8));
});

test("a chunk that the report saw newer where it would be overwritten stays", async () => {
  const at = scene([chunk("a", 5)], [chunk("a", 8)]);
  expect((await run(at, await differencesOf(at), forward)).result).toMatchObject({
    written: 0,
    left: [{ id: "a", why: "newer" }],
  });
});

test("a refused chunk is named with its reason and skipped; the others are written, and the same report can be gone on from", async () => {
  const at = scene(
    ["a", "b", "c"].map((id) => chunk(id, 1)),
    [],
  );
  const differences = await differencesOf(at);
  at.destination.refused.set("b", "column text: NUL");
  const { result } = await run(at, differences, forward);
  expect(result).toMatchObject({
    written: 2,
    left: [{ id: "b", why: "refused", reason: "column text: NUL" }],
    remaining: [{ id: "b", kind: "missing" }],
  });
  at.destination.refused.clear();
  const again = await run(at, differences, forward);
  expect(again.result).toEqual({ written: 1, removed: 0, left: [], remaining: [], lagging: 0, open: [] });
});

test("with `stop` nothing is written where a refusal can be foreseen, and the plan names it as well", async () => {
  const at = scene(
    ["a", "b"].map((id) => chunk(id, 1)),
    [chunk("extra", 1)],
  );
  const differences = await differencesOf(at);
  at.destination.refused.set("b", "column text: NUL");
  const { result } = await run(at, differences, { ...forward, deletesExtra: true, onRefusal: "stop" });
  expect(result).toMatchObject({ written: 0, removed: 0, left: [{ id: "b", why: "refused" }] });
  expect(at.destination.changes).toEqual([]);
});

test("what was written and differs all the same is remaining, however young it is", async () => {
  const at = scene([chunk("a", 5), chunk("b", 5)], [chunk("a", 1), chunk("b", 1)]);
  const differences = await differencesOf(at);
  const { writer } = makeChunkMemory("destination", []);
  Object.assign(writer, at.destination.writer);
  at.destination.writer.write = async (writes, limit) => {
    const left = await writer.write(writes, limit);
    // As a trigger that sets the moment does.
    at.destination.chunks.set("a", chunk("a", null, { updatedAt: new Date(nowMs).toISOString() }));
    return left;
  };
  const { result } = await run(at, differences, forward);
  expect(result).toMatchObject({ written: 2, remaining: [{ id: "a", kind: "stale" }], lagging: 0 });
});

test("F1: nothing is removed where the other store doesn't find what it surely has", async () => {
  for (const method of ["lookUp", "fetch"] as const) {
    const at = scene([chunk("good", 1), chunk("other", 1)], [chunk("good", 1), chunk("extra", 1)]);
    const differences = [makeDifference("good", "extra", { destinationUpdatedAt: time(1) })];
    if (method === "lookUp") at.source.store.lookUp = async () => [];
    else at.source.writer.fetch = async () => [];
    const { result } = await run(at, differences, { ...forward, deletesExtra: true });
    expect(result.left).toEqual([
      { id: "good", why: "unknown", reason: expect.stringContaining("the source doesn't find") as string },
    ]);
    expect(at.destination.changes).toEqual([]);
  }
});

test.each([
  ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
  ["7", "007"],
  ["12", "12.0"],
  ["padded", "padded  "],
  ["e\u0301", "\u00e9"],
])("a chunk %j that the other store spells %j is neither removed nor written a second time", async (id, other) => {
  const at = scene([chunk(id, 1)], [chunk(other, 1)]);
  const { result } = await run(at, await differencesOf(at), { ...forward, deletesExtra: true });
  expect(result.left.map(({ why }) => why)).toEqual(["refused", "unknown"]);
  expect(at.destination.changes).toEqual([]);
  const both = scene([chunk(id, 1), chunk(other, 1)], [chunk(other, 1)]);
  expect((await run(both, await differencesOf(both), forward)).result).toMatchObject({ written: 1, left: [] });
});

test("a chunk that a store holds twice is refused by name, and the others are written", async () => {
  const at = scene([chunk("a", 1), chunk("b", 1)], []);
  const differences = await differencesOf(at);
  const { writer } = makeChunkMemory("source", []);
  Object.assign(writer, at.source.writer);
  at.source.writer.fetch = async (ids, limit) =>
    (await writer.fetch(ids, limit)).flatMap((each) => (each.id === "a" ? [each, each] : [each]));
  const { result } = await run(at, differences, forward);
  expect(result).toMatchObject({
    written: 1,
    left: [{ id: "a", why: "refused", reason: "the source holds it more than once; remove the doubles" }],
  });
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
  at.destination.writer.write = async () => [{ id: "a", why: "changed" }];
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
    "verifying 200/450",
    "verifying 400/450",
    "verifying 450/450",
  ]);
  expect(pauses).toEqual([200, 200, 50, 200, 200, 50]);
});

test("an aborted repair ends between two batches", async () => {
  const at = scene(
    Array.from({ length: 450 }, (_, index) => chunk(`c${index}`, 1)),
    [],
  );
  const differences = await differencesOf(at);
  const stopping = new AbortController();
  at.destination.writer.write = async (writes) => {
    for (const each of writes) at.destination.chunks.set(each.chunk.id, each.chunk);
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
  const refused = { id: "x", why: "refused", reason: "column text: NUL" } as const;
  expect(printLeft([refused])).toEqual(["  left    1 refused: x", "          x: column text: NUL"]);
  expect(JSON.parse(repairLine(plan, [refused], null))).toMatchObject({
    repair: {
      dryRun: true,
      planned: { left: { refused: 1 }, refused: [{ id: "x", reason: "column text: NUL" }] },
      done: null,
    },
  });
  expect(JSON.parse(repairLine(plan, result.left, result))).toEqual({
    repair: {
      from: "memory://source:1/chunks",
      to: "memory://destination:1/chunks",
      dryRun: false,
      planned: { write: { missing: 1, stale: 1 }, remove: 0, keep: 1 },
      done: {
        written: 1,
        removed: 0,
        left: { newer: 1, gone: 0, changed: 0, wanted: 0, unknown: 0, refused: 0 },
        refused: [],
        remaining: { stale: 1, extra: 1 },
        lagging: 0,
      },
    },
  });
});
