// A store's configured name may lead elsewhere by the end of a run: what was read of the one says nothing of the other.
import { expect, test } from "vitest";
import { makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { makeMemoryFiles, runOver } from "#test/verify-run.ts";

const chunks = Array.from({ length: 30 }, (_, index) => ({ id: `chunk-${index}`, updatedAtMs: 1000 + index }));

function ownOf(name: string) {
  return { kind: "memory", label: `memory://${name}`, digest: name.padEnd(32, "0") };
}

/** A destination by an alias of `a`, which `move` points at `b`; undefined: it isn't told any more. */
function makeAliased() {
  let own: ReturnType<typeof ownOf> | undefined = ownOf("a");
  const description = {
    get own() {
      return own as ReturnType<typeof ownOf>;
    },
  };
  const move = (to: string | undefined): void => {
    own = to === undefined ? undefined : ownOf(to);
  };
  return { store: makeMemoryChunkStore("destination", chunks, description), move };
}

test.each([
  ["b", "pointed elsewhere while it was read, to memory://b: verify anew"],
  [undefined, "pointed elsewhere while it was read, where isn't told: verify anew"],
])("an alias switched to %s between two pages: what seemed equal is unknown", async (to, says) => {
  const { store, move } = makeAliased();
  store.onRead = () => {
    if (store.seen.pages === 1) move(to);
  };
  const found = await runOver(makeMemoryChunkStore("source", chunks), store);
  expect(found).toMatchObject({ outcome: "unknown", reason: expect.stringContaining(says) as string });
});

test("an alias that stays: equal", async () => {
  const { store } = makeAliased();
  expect(await runOver(makeMemoryChunkStore("source", chunks), store)).toMatchObject({ outcome: "equal" });
});

test("an alias switched between a run that was stopped and its resuming: unknown", async () => {
  const { store, move } = makeAliased();
  const files = makeMemoryFiles();
  const stopping = new AbortController();
  store.onRead = () => {
    if (store.seen.pages === 1) stopping.abort();
  };
  const source = makeMemoryChunkStore("source", chunks);
  await runOver(source, store, { deps: { files }, signal: stopping.signal });
  store.onRead = () => undefined;
  move("b");
  const found = await runOver(source, store, { deps: { files }, isResumed: true });
  expect(found).toMatchObject({ outcome: "unknown", reason: expect.stringContaining("pointed elsewhere") as string });
});
