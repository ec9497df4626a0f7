// What is said beforehand is of the first chunks, on however many pages a store has them.
import type { ChunkStore, ChunkWriter, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import type { NamedStores } from "#config/open-stores.ts";
import { planCreation } from "./create.ts";
import type { CopyOptions } from "./options.ts";
import { tryFirst } from "./try-first.ts";

const signal = AbortSignal.timeout(10_000);
const values = [1, 2, "three", 4];
const chunks = values.map((value, index): WholeChunk => {
  return { id: `${index}`, entityId: "e", namespace: null, updatedAt: null, vector: null, fields: { value } };
});
const pageByPage = {
  scan: async function* () {
    for (const chunk of chunks) yield { chunks: [chunk], count: 1, cursor: chunk.id, storeMs: 1 };
  },
  check: async (writes: readonly { readonly chunk: WholeChunk }[]) =>
    writes.map(({ chunk: { id } }) => ({ id, why: "refused", reason: "" })),
} as unknown as ChunkWriter;

test("a field whose kinds differ from page to page is made for any kind", async () => {
  const store = { describe: async () => ({ dimension: 2, metric: "dot", precision: "float32" }) };
  const creating = {
    named: { fields: ["value"] } as unknown as NamedStores,
    source: { store: store as unknown as ChunkStore, writer: pageByPage },
    destination: store as unknown as ChunkStore,
    index: { kind: "none" } as const,
  };
  expect((await planCreation(creating, signal)).shape.fields).toEqual({ value: "json" });
});

test("a dry run tries as many chunks as a batch has, and no more", async () => {
  const options = { batchSize: 3, rowsPerSecond: null } as CopyOptions;
  const { left } = await tryFirst({ source: pageByPage, destination: pageByPage }, options, {
    signal,
    areDated: false,
  });
  expect(left.map(({ id }) => id)).toEqual(["0", "1", "2"]);
});
