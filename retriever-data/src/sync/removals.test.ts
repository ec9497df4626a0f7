import { RetrieverError } from "@retriever/stores/errors.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
import { expect, test } from "vitest";
import type { NamedStores } from "#config/open-stores.ts";
import { SeenVersions } from "#core/seen-versions.ts";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { compareMemories } from "#test/compare-memories.ts";
import { removalsOf } from "./removals.ts";
import { beginRemovals } from "./status.ts";
import { verifyAll } from "./verify-all.ts";

const updatedAt = "2026-03-01T00:00:00.001Z";

function chunk(id: string, at = updatedAt): WholeChunk {
  return { id, entityId: "e", namespace: "n", updatedAt: at, fields: {}, vector: Float32Array.of(1, 2) };
}

/** A sync beside a destination that is served, whose process saw every chunk of the source. */
function begin(source: readonly WholeChunk[]) {
  const at = { source: makeChunkMemory("source", source), destination: makeChunkMemory("destination", source) };
  const identities = { source: at.source.store, destination: at.destination.store };
  const named = { ...identities, servesDestination: true } as unknown as NamedStores;
  const clock = { wallMs: () => Date.UTC(2026, 2, 2), monotonicMs: () => 7 };
  const seen = new SeenVersions([0.3, 0.4]);
  for (const { id, updatedAt: moment } of source) seen.add(id, readMoment(moment ?? ""));
  const state = {
    removals: beginRemovals({ deletesExtra: true, needsLeave: true }),
    seen,
    checked: { missed: 0, removed: 0, removedAsSeen: 0 },
  };
  const repairDeps = {
    stores: { source: at.source.store, destination: at.destination.store },
    writers: { source: at.source.writer, destination: at.destination.writer },
    clock,
    pause: async () => undefined,
    onProgress: () => {},
  };
  const notes: string[] = [];
  const verify = () => {
    const removing = { named, renamed: () => named, options: { deletesExtra: true }, deps: { clock }, state };
    const { goesOn, onRemoved, ...more } = removalsOf(removing, (text) => notes.push(text));
    const options = { level: "vector", lagMs: 0, rowsPerSecond: null, onRefusal: "skip" } as const;
    return verifyAll(
      { ...options, mayRemove: goesOn, onRemoved },
      { compare: () => compareMemories(at), repairDeps, ...more },
      AbortSignal.timeout(5000),
    );
  };
  return { ...at, state, verify };
}

test.each(["2026-03-01T00:00:00.000Z", "2026-03-01T05:45:00.000Z"])(
  "where moments are days (%s) what the application wrote again on the same day stays in the served store",
  async (day) => {
    const { source, destination, verify } = begin([chunk("kept"), chunk("moved", day)]);
    const written = { ...chunk("moved", day), fields: { lang: "fr" } };
    source.chunks.delete("moved");
    destination.chunks.set("moved", written);
    expect(await verify()).toMatchObject({ verified: { removed: 0, left: 1 } });
    expect(destination.chunks.get("moved")).toEqual(written);
  },
);

const many = Array.from({ length: 2000 }, (_, index) => chunk(`chunk ${index}`));
const unavailable = new RetrieverError({ code: "RETR_BACKEND_UNAVAILABLE", message: "gone" });

test("a source that is being emptied empties no served store, though each verification fails after it removed", async () => {
  const { source, destination, state, verify } = begin(many);
  let failures = 0;
  for (let round = 0; round < 20; round += 1) {
    for (const id of [...source.chunks.keys()].slice(0, 90)) source.chunks.delete(id);
    const before = destination.changes.length;
    // The comparison at the end of the repair finds no store any more.
    destination.onCall = () => {
      if (destination.changes.length > before) throw unavailable;
    };
    const outcome: unknown = await verify().catch((error: unknown) => error);
    failures += outcome === unavailable ? 1 : 0;
    destination.onCall = () => {};
  }
  expect([failures, destination.chunks.size]).toEqual([2, 1820]);
  expect(state.checked).toMatchObject({ removed: 180, removedAsSeen: 180 });
});
