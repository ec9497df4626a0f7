import { RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import type { NamedStores } from "#config/open-stores.ts";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { makeDifference } from "#test/reports.ts";
import { readVersions } from "./read-versions.ts";

const time = (second: number): string => new Date(Date.UTC(2026, 2, 1, 0, 0, second)).toISOString();

function chunk(id: string, second: number): WholeChunk {
  return { id, entityId: "e", namespace: "n", updatedAt: time(second), fields: {}, vector: null };
}

const finer = { ...chunk("finer", 5), updatedAt: "2026-03-01T00:00:05.1239999Z" };
const source = makeChunkMemory("source", [chunk("still", 5), chunk("moved", 5), finer]);
const destination = makeChunkMemory("destination", [chunk("still", 1), chunk("moved", 9), chunk("finer", 1)]);
const stale = { sourceUpdatedAt: time(5), destinationUpdatedAt: time(1) };
const differences = ["moved", "still"].map((id) => makeDifference(id, "stale", stale));

function read(asked = differences) {
  const kindOf = (memory: typeof source) => ({
    kind: memory.store.identity.label,
    makeChunkWriter: () => memory.writer,
  });
  const namedOf = ({ store: { identity } }: typeof source) => ({ identity, spec: { kind: identity.label } });
  const named = { source: namedOf(source), destination: namedOf(destination), fields: [] } as unknown as NamedStores;
  const registry = [kindOf(source), kindOf(destination)] as unknown as Registry;
  const clock = { wallMs: () => 0, monotonicMs: () => 0 };
  const reading = {
    named,
    registry,
    rowsPerSecond: null,
    clock,
    pause: async () => undefined,
    onNote: () => undefined,
  };
  return readVersions(asked, reading, AbortSignal.timeout(1000));
}

test("B1: a chunk that was written after it was found to differ gets no version, so that no repair takes it for seen", async () => {
  const { differences: versioned, remarks } = await read();
  expect(versioned.map(({ destinationVersion }) => destinationVersion !== undefined)).toEqual([false, true]);
  expect(versioned.every(({ sourceVersion }) => sourceVersion !== undefined)).toBe(true);
  expect(remarks).toEqual({});
});

test("a chunk whose seventh digit rounds into the next millisecond keeps its version", async () => {
  const sourceUpdatedAt = "2026-03-01T00:00:05.124Z";
  const { differences: versioned } = await read([makeDifference("finer", "stale", { ...stale, sourceUpdatedAt })]);
  expect(versioned[0]?.sourceVersion).toBeDefined();
});

test("B3: a store whose chunks can't be read whole is remarked, and its differences come without versions", async () => {
  destination.writer.fetch = async () => {
    throw new RetrieverError({ code: "RETR_BACKEND_AUTH", message: "the credential has no right to read the table" });
  };
  const { differences: bare, remarks } = await read();
  expect(bare).toEqual(differences);
  expect(remarks.destination).toContain("a repair from this report overwrites and removes none of 2");
});
