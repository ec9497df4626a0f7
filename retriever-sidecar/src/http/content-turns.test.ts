import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeContentTurns, type Turn } from "./content-turns.ts";

const mib = 1_048_576;
let now = 0;
let relieved = 0;
beforeEach(() => {
  [now, relieved] = [0, 0];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const turnsOf = () => makeContentTurns({ nowMs: () => now, relieve: () => (relieved += 1) });
const pass = async (ms: number) => {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
};

/** Who has been let in, or refused by which code. */
function follow(turn: Turn): { state: string } {
  const seen = { state: "waits" };
  turn.ready.then(
    () => (seen.state = "in"),
    (fault: { readonly code: string }) => (seen.state = fault.code),
  );
  return seen;
}

test("answers whose size isn't known yet go on one at a time, the next ones as it leaves", async () => {
  const turns = turnsOf();
  const all = Array.from({ length: 4 }, () => turns.enter(1000, false));
  const seen = all.map(follow);
  await pass(0);
  expect(seen.map(({ state }) => state)).toEqual(["in", "waits", "waits", "waits"]);
  all[1]?.leave();
  all[0]?.leave();
  all[0]?.leave();
  await pass(0);
  expect(seen.map(({ state }) => state)).toEqual(["in", "waits", "in", "waits"]);
});

test("small answers never wait once their size is known, and large ones do again", async () => {
  const turns = turnsOf();
  const first = turns.enter(10, false);
  first.written(20_000);
  first.leave();
  const small = Array.from({ length: 256 }, () => follow(turns.enter(10, false)));
  await pass(0);
  expect(small.every(({ state }) => state === "in")).toBe(true);
  first.written(7 * mib);
  const large = [turns.enter(10, false), turns.enter(10, false)].map(follow);
  await pass(0);
  expect(large.map(({ state }) => state)).toEqual(["in", "waits"]);
});

test("who has taken an answer goes before who hasn't, and who takes none is cut off while others wait", async () => {
  const turns = turnsOf();
  const held = turns.enter(1, false);
  const stranger = follow(turns.enter(1, false));
  const client = follow(turns.enter(1, true));
  await pass(1000);
  expect(relieved).toBeGreaterThan(0);
  held.leave();
  await pass(0);
  expect([client.state, stranger.state]).toEqual(["in", "waits"]);
  await pass(10_000);
  expect(stranger.state).toBe("RETR_OVERLOADED");
  const before = relieved;
  await pass(10_000);
  expect(relieved).toBe(before);
});

test("whoever comes once all have left goes on at once, whatever they were expected to take", async () => {
  const step = fc.record({
    chunks: fc.integer({ min: 1, max: 1000 }),
    bytes: fc.nat({ max: 8 * mib }),
    leaves: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const turns = turnsOf();
      const open: Turn[] = [];
      for (const { chunks, bytes, leaves } of steps) {
        const turn = turns.enter(chunks, bytes % 2 === 0);
        turn.written(bytes);
        open.push(turn);
        if (leaves % 3 === 0) open.splice(leaves % open.length, 1)[0]?.leave();
      }
      for (const turn of open) turn.leave();
      const last = [turns.enter(1000, false), turns.enter(1000, true)].map(follow);
      await pass(0);
      expect(last[0]?.state).toBe("in");
    }),
  );
});
