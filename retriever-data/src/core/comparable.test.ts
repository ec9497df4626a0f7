import { expect, test } from "vitest";
import { makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { whyIncomparable } from "./comparable.ts";

const signal = AbortSignal.timeout(1000);

/** Configured by another name each. */
function describe(name: string, own?: string) {
  const { identity } = makeMemoryChunkStore(own ?? "", []);
  return makeMemoryChunkStore(name, [], own === undefined ? {} : { own: identity }).describe(signal);
}

test("two names of one store aren't compared at any level: they would be equal whatever they hold", async () => {
  const [alias, itself] = [await describe("live", "chunks"), await describe("chunks", "chunks")];
  for (const level of ["ids", "fresh", "payload", "vector"] as const)
    expect(whyIncomparable(alias, itself, level)?.message).toBe(
      "both stores are memory://chunks, by an alias of it: name another collection",
    );
});

test("an alias of another store, and stores that don't tell, are compared", async () => {
  const itself = await describe("chunks", "chunks");
  for (const other of [await describe("live", "other"), await describe("live")]) {
    expect(whyIncomparable(other, itself, "vector")).toBeUndefined();
    expect(whyIncomparable(other, await describe("mute"), "vector")).toBeUndefined();
  }
});
