// A slice of `make store-matrix`.
import { expect, test } from "vitest";
import { runCopies } from "./copies.ts";
import { runCollectionLaw, runLaw } from "./run.ts";

test("what requests accept of a generated table a check, a verification and a repair accept, and all read the same of it", async () => {
  const { served, tables, wrong } = await runLaw({ address: "127.0.0.91", tables: 12, seed: 1 });
  expect(wrong).toEqual([]);
  expect(served).toBeGreaterThan(tables / 2);
});

test("the same of a generated collection, with and without payload indexes and strict mode", async () => {
  const { served, wrong } = await runCollectionLaw({ address: "127.0.0.92", collections: 20, seed: 1 });
  expect(wrong).toEqual([]);
  expect(served).toBe(20);
});

test("a generated table or collection that is copied is equal at the end or its chunks are refused by name, and a second copy writes nothing", async () => {
  const { equal, wrong } = await runCopies({ address: "127.0.0.94", tables: 2, collections: 2, seed: 1 });
  expect(wrong).toEqual([]);
  expect(equal).toBeGreaterThan(0);
});
