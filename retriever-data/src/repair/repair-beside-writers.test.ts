// Repairs with an application at work beside them: whenever a repair calls a store, the application may write either.
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ChunkMemory, makeChunkMemory } from "#test/chunk-memory.ts";
import { makeDifference, makeReport } from "#test/reports.ts";
import { type Direction, planRepair } from "./plan.ts";
import { repair } from "./repair.ts";

const ids = ["a", "b", "c", "d", "e"] as const;
const time = (second: number): string => new Date(Date.UTC(2026, 2, 1, 0, 0, second)).toISOString();

function chunk(id: string, second: number, mark: string): WholeChunk {
  return {
    id,
    entityId: "e",
    namespace: "n",
    updatedAt: time(second),
    fields: { mark },
    vector: Float32Array.of(1, 2),
  };
}

const side = fc.constantFrom("source" as const, "destination" as const);
const id = fc.constantFrom(...ids);
/** One write of the application, before the `call`-th call that the repair makes. */
const write = fc.record({
  call: fc.nat({ max: 14 }),
  side,
  id,
  what: fc.constantFrom("put" as const, "put without a new moment" as const, "remove" as const),
});
const held = fc.uniqueArray(fc.record({ id, second: fc.integer({ min: 0, max: 3 }) }), { selector: (each) => each.id });

type Write = {
  readonly call: number;
  readonly side: "source" | "destination";
  readonly id: string;
  readonly what: string;
};

type Stores = Readonly<Record<"source" | "destination", ChunkMemory>>;

/** What the application wrote last, by store and id; null: it removed the chunk. */
type Truth = Map<string, WholeChunk | null>;

/** Lets the application write when its turn comes; it knows what it wrote. */
function startWriters(stores: Stores, writes: readonly Write[]): Truth {
  const truth: Truth = new Map();
  let call = 0;
  const onCall = (): void => {
    for (const [turn, each] of writes.entries()) {
      if (each.call !== call) continue;
      const { chunks } = stores[each.side];
      const before = chunks.get(each.id);
      const second =
        each.what === "put" || before === undefined
          ? 10 + turn
          : (Date.parse(before.updatedAt ?? "") - Date.parse(time(0))) / 1000;
      const made = each.what === "remove" ? null : chunk(each.id, second, `application ${turn}`);
      if (made === null) chunks.delete(each.id);
      else chunks.set(each.id, made);
      truth.set(`${each.side} ${each.id}`, made);
    }
    call += 1;
  };
  for (const store of Object.values(stores)) store.onCall = onCall;
  return truth;
}

test("C2: 1,000 repairs beside writers overwrite nothing newer and remove nothing that changed", async () => {
  let raced = 0;
  await fc.assert(
    fc.asyncProperty(
      held,
      held,
      fc.array(write, { maxLength: 6 }),
      fc.constantFrom<Direction>("source-to-destination", "destination-to-source"),
      async (a, b, writes, direction) => {
        const make = (name: "source" | "destination", list: typeof a) =>
          makeChunkMemory(
            name,
            list.map((each) => chunk(each.id, each.second, "start")),
          );
        const stores = { source: make("source", a), destination: make("destination", b) };
        const identities = { source: stores.source.store.identity, destination: stores.destination.store.identity };
        const differences = await reportOf(stores);
        const plan = planRepair(makeReport(identities, differences), identities, { direction, deletesExtra: true });
        const truth = startWriters(stores, writes);
        const deps = {
          stores: { source: stores.source.store, destination: stores.destination.store },
          writers: { source: stores.source.writer, destination: stores.destination.writer },
          clock: { wallMs: () => Date.UTC(2026, 5, 1), monotonicMs: () => 0 },
          pause: async () => undefined,
          onProgress: () => undefined,
        };
        const options = { level: "fresh", lagMs: 0, rowsPerSecond: null, onRefusal: "skip" } as const;
        const result = await repair(plan, options, deps, AbortSignal.timeout(10_000));
        raced += result.left.filter(({ why }) => why === "changed").length;
        expect([...truth].filter(([place, last]) => isHarmed(stores, plan.from.name, { place, last }))).toEqual([]);
        const named = new Set(differences.map(({ id: each }) => each));
        for (const { ids: changed } of stores[plan.to.name].changes)
          expect(changed.every((each) => named.has(each))).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
  expect(raced).toBeGreaterThan(50);
});

type Wrote = { readonly place: string; readonly last: WholeChunk | null };

/**
 * Whether what the application wrote last is gone: in the store that is right it always stands, in the other one wherever
 * it is a chunk. A chunk that it removed there may have come back, since the store that is right had it.
 */
function isHarmed(stores: Stores, from: "source" | "destination", { place, last }: Wrote): boolean {
  const [name, each] = place.split(" ") as ["source" | "destination", string];
  const now = stores[name].chunks.get(each);
  if (name === from) return (now ?? null) !== last;
  return last !== null && now?.fields["mark"] !== last.fields["mark"];
}

/** What verify would list at level fresh. */
async function reportOf({ source, destination }: Stores): Promise<Difference[]> {
  const versionsOf = async ({ writer }: ChunkMemory) =>
    new Map((await writer.fetch([...ids], AbortSignal.timeout(1000))).map((each) => [each.id, each.version]));
  const [inSource, inDestination] = [await versionsOf(source), await versionsOf(destination)];
  return ids.flatMap((each) => {
    const [s, d] = [source.chunks.get(each)?.updatedAt ?? null, destination.chunks.get(each)?.updatedAt ?? null];
    if (s === d) return [];
    const kind = s === null ? "extra" : d === null ? "missing" : "stale";
    const versions = { sourceVersion: inSource.get(each) ?? "", destinationVersion: inDestination.get(each) ?? "" };
    return [makeDifference(each, kind, { sourceUpdatedAt: s, destinationUpdatedAt: d, ...versions })];
  });
}
