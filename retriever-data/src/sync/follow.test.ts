import { RetrieverError } from "@retriever/stores/errors.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { beginFollowing, followOnce } from "./follow.ts";

const lagMs = 5000;
const start = Date.UTC(2026, 2, 1);

function chunk(id: string, atMs: number | null, mark = "source"): WholeChunk {
  const updatedAt = atMs === null ? null : new Date(atMs).toISOString();
  return { id, entityId: "e", namespace: "n", updatedAt, fields: { mark }, vector: Float32Array.of(1, 2) };
}

/** Both stores and a clock that stands still but for `wait`; `skew`: by which the source's own clock is ahead. */
function begin(source: readonly WholeChunk[] = [], destination: readonly WholeChunk[] = []) {
  const time = { nowMs: 0, skewMs: 0 };
  const at = { source: makeChunkMemory("source", source), destination: makeChunkMemory("destination", destination) };
  at.source.clockMs = () => start + time.nowMs + time.skewMs;
  const clock = { wallMs: () => start + time.nowMs, monotonicMs: () => time.nowMs };
  const deps = { ...at, clock, pause: async () => undefined, random: () => 0.5, onNote: () => {} };
  const state = beginFollowing(0);
  return {
    ...at,
    time,
    state,
    wait: (ms: number): void => void (time.nowMs += ms),
    write: (id: string, ageMs = 0): void => {
      at.source.chunks.set(id, chunk(id, at.source.clockMs() - ageMs, `written at ${time.nowMs}`));
    },
    pass: (signal = AbortSignal.timeout(5000)) =>
      followOnce(state, { rowsPerSecond: null, overlapMs: lagMs }, deps, signal),
    differing: (): string[] =>
      [...at.source.chunks]
        .filter(([id, each]) => at.destination.chunks.get(id)?.fields["mark"] !== each.fields["mark"])
        .map(([id]) => id),
  };
}

test("each pass brings what was written since the one before, and nothing twice", async () => {
  const at = begin();
  at.write("a");
  await at.pass();
  at.wait(60_000);
  at.write("b");
  at.write("a");
  await at.pass();
  at.wait(1000);
  await at.pass();
  expect(at.differing()).toEqual([]);
  expect(at.destination.changes.flatMap(({ what, ids }) => ids.map((id) => `${what} ${id}`))).toEqual([
    "load a",
    "load b",
    "write a",
  ]);
  expect(at.state).toMatchObject({ passes: 3, written: 2, replaced: 1, backlog: 0 });
});

test("a write that is seen within the lag is brought, one that is seen later is left to the verification", async () => {
  const at = begin();
  await at.pass();
  at.wait(60_000);
  await at.pass();
  at.write("in time", lagMs);
  at.write("late", lagMs + 1);
  await at.pass();
  expect(at.differing()).toEqual(["late"]);
});

test("a chunk of the year 2099 hides no change that comes after it, in the source or in the destination", async () => {
  const future = Date.UTC(2099, 0, 1);
  const at = begin([chunk("ahead", future)], [chunk("other", future, "own")]);
  await at.pass();
  for (let round = 0; round < 3; round += 1) {
    at.wait(30_000);
    at.write("a");
    at.write("other");
    await at.pass();
    expect(at.differing()).toEqual(["other"]);
  }
  expect(at.destination.chunks.get("other")?.fields["mark"]).toBe("own");
});

test("whatever the source's clock does between two passes, nothing that was written meanwhile is passed over", async () => {
  const hour = 3_600_000;
  for (const [first, then] of [
    [hour, 0],
    [-hour, 0],
    [0, hour],
    [0, -hour],
    [1e12, 0],
  ] as const) {
    const at = begin();
    at.time.skewMs = first;
    await at.pass();
    at.wait(1000);
    at.write("by the old time");
    at.time.skewMs = then;
    at.write("by the new time");
    await at.pass();
    expect([first, then, at.differing()]).toEqual([first, then, []]);
  }
});

test("a source that shows what was written ten minutes ago lags by that much, and what shows later is brought", async () => {
  const behindMs = 600_000;
  const at = begin();
  at.source.behindMs = behindMs;
  await at.pass();
  expect(at.state.behindMs).toBe(behindMs);
  at.wait(1000);
  at.write("at the last pass", behindMs);
  at.write("just now");
  at.source.behindMs = 0;
  await at.pass();
  expect(at.differing()).toEqual([]);
  expect(at.state.behindMs).toBe(0);
});

test("a chunk that the destination refuses is named, stops no other, and is tried with each pass until it is taken", async () => {
  const at = begin();
  at.destination.refused.set("b", "too long");
  for (const id of ["a", "b", "c"]) at.write(id);
  await at.pass();
  at.wait(600_000);
  await at.pass();
  expect(at.differing()).toEqual(["b"]);
  expect([...at.state.waiting]).toEqual([["b", "too long"]]);
  at.destination.refused.clear();
  at.wait(600_000);
  await at.pass();
  expect(at.differing()).toEqual([]);
  expect(at.state.waiting.size).toBe(0);
});

test("refused chunks beyond one batch take turns, and one that the source removed is forgotten", async () => {
  const at = begin();
  const ids = Array.from({ length: 800 }, (_, index) => `c${index}`);
  for (const id of ids) {
    at.write(id);
    at.destination.refused.set(id, "too long");
  }
  await at.pass();
  at.wait(600_000);
  await at.pass();
  expect(at.state.waiting.size).toBe(800);
  at.destination.refused.clear();
  at.source.chunks.delete("c0");
  for (const left of [300, 0]) {
    at.wait(600_000);
    await at.pass();
    expect(at.state.waiting.size).toBe(left);
  }
  expect(at.destination.chunks.size).toBe(799);
});

test("a pass that a store fails is begun again where it began, and its backlog is told", async () => {
  const at = begin();
  await at.pass();
  at.wait(60_000);
  at.write("a");
  at.destination.onCall = () => {
    throw new RetrieverError({ code: "RETR_BACKEND_UNAVAILABLE", message: "gone" });
  };
  await expect(at.pass()).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
  at.wait(600_000);
  at.destination.onCall = () => {};
  await at.pass();
  expect(at.differing()).toEqual([]);
});

test("a chunk that somebody else writes while it is brought is tried again, and a newer one stays", async () => {
  const at = begin([], [chunk("a", start - 10_000, "old"), chunk("b", start - 10_000, "old")]);
  at.write("a");
  at.write("b");
  let calls = 0;
  at.destination.onCall = () => {
    calls += 1;
    // Before the statement that writes: one is written anew, but as an older version than the source's.
    if (calls !== 4) return;
    at.destination.chunks.set("a", chunk("a", start - 5000, "in between"));
    at.destination.chunks.set("b", chunk("b", start + 5000, "newer"));
  };
  await at.pass();
  expect([...at.state.waiting]).toEqual([
    ["a", null],
    ["b", null],
  ]);
  at.wait(600_000);
  await at.pass();
  expect(at.differing()).toEqual(["b"]);
  expect(at.destination.chunks.get("b")?.fields["mark"]).toBe("newer");
  expect(at.state.waiting.size).toBe(0);
});
