import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ContentTurns, makeContentTurns, type Turn } from "./content-turns.ts";

const mib = 1_048_576;
let [now, relieved, unread] = [0, 0, 0];
beforeEach(() => {
  [now, relieved, unread] = [0, 0, 0];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const turnsOf = () => makeContentTurns({ nowMs: () => now, unread: () => unread, relieve: () => void (relieved += 1) });
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
const statesOf = (seen: readonly { readonly state: string }[]) => seen.map(({ state }) => state);

/** So that answers of so many chunks are known to have so many bytes. */
function teach(turns: ContentTurns, chunks: number, bytes: number): void {
  for (let count = 0; count < 64; count += 1) {
    const turn = turns.enter(chunks, true);
    turn.written(bytes);
    turn.leave();
  }
}

test("answers whose size isn't known yet go on one at a time, the next ones as it leaves", async () => {
  const turns = turnsOf();
  const all = Array.from({ length: 4 }, () => turns.enter(1000, false));
  const seen = all.map(follow);
  await pass(0);
  expect(statesOf(seen)).toEqual(["in", "waits", "waits", "waits"]);
  all[1]?.leave();
  all[0]?.leave();
  all[0]?.leave();
  await pass(0);
  expect(statesOf(seen)).toEqual(["in", "waits", "in", "waits"]);
});

test("who waits while no size is known goes on as soon as the first answer shows that they are small, or fails", async () => {
  for (const end of ["written", "failed"] as const) {
    const turns = turnsOf();
    const all = Array.from({ length: 100 }, () => turns.enter(1000, false));
    const seen = all.map(follow);
    await pass(0);
    expect(statesOf(seen).filter((state) => state === "in")).toHaveLength(1);
    all[0]?.[end](20_000);
    await pass(0);
    expect(new Set(statesOf(seen))).toEqual(new Set(["in"]));
  }
});

test("small answers never wait, whatever large ones do and however much nobody reads", async () => {
  const turns = turnsOf();
  teach(turns, 100, 7 * mib);
  teach(turns, 10, 20_000);
  const large = Array.from({ length: 20 }, () => follow(turns.enter(100, true)));
  unread = 24 * mib;
  const small = Array.from({ length: 256 }, (_, index) => follow(turns.enter(index % 2 === 0 ? 10 : 1, false)));
  await pass(0);
  expect(new Set(statesOf(small))).toEqual(new Set(["in"]));
  expect(statesOf(large).filter((state) => state === "in")).toHaveLength(2);
});

test("those of middle size don't wait behind the largest", async () => {
  const turns = turnsOf();
  teach(turns, 1000, 7 * mib);
  teach(turns, 50, 400_000);
  const large = Array.from({ length: 4 }, () => follow(turns.enter(1000, true)));
  const middle = Array.from({ length: 11 }, () => follow(turns.enter(50, true)));
  await pass(0);
  expect(statesOf(large)).toEqual(["in", "in", "waits", "waits"]);
  expect(statesOf(middle).filter((state) => state === "in")).toHaveLength(10);
});

test("an answer that has been made holds no turn, though nobody reads it", async () => {
  const turns = turnsOf();
  const first = turns.enter(1000, true);
  first.written(7 * mib);
  unread = 7 * mib;
  const [client, stranger] = [follow(turns.enter(1000, true)), follow(turns.enter(1000, false))];
  await pass(200);
  expect(statesOf([client, stranger])).toEqual(["in", "waits"]);
  expect(relieved).toBeGreaterThan(0);
});

test("nobody is cut off where room for unread answers isn't what others wait for", async () => {
  const turns = turnsOf();
  const seen = Array.from({ length: 5 }, () => follow(turns.enter(1000, false)));
  await pass(9000);
  expect(statesOf(seen)).toContain("waits");
  expect(relieved).toBe(0);
});

test("who has taken an answer goes before who hasn't, but for every fourth turn", async () => {
  const turns = turnsOf();
  teach(turns, 1000, 8 * mib);
  const held = [turns.enter(1000, true), turns.enter(1000, true)];
  const order: string[] = [];
  const enter = (name: string, hasTaken: boolean) => {
    const turn = turns.enter(1000, hasTaken);
    const take = async (): Promise<void> => {
      await turn.ready;
      order.push(name);
      turn.leave();
    };
    void take();
  };
  enter("stranger", false);
  for (let count = 0; count < 6; count += 1) enter("client", true);
  for (const turn of held) turn.leave();
  await pass(1000);
  expect(order).toHaveLength(7);
  expect(order.indexOf("stranger")).toBeGreaterThan(0);
  expect(order.indexOf("stranger")).toBeLessThanOrEqual(3);
});

test("whoever has waited for longer than clients do is refused, and where the queue is full at once", async () => {
  const turns = turnsOf();
  const seen = Array.from({ length: 300 }, () => follow(turns.enter(1000, false)));
  await pass(29_000);
  expect(statesOf(seen).filter((state) => state === "RETR_OVERLOADED")).toHaveLength(43);
  await pass(2000);
  expect(statesOf(seen).filter((state) => state === "RETR_OVERLOADED")).toHaveLength(299);
});

test("whoever comes once all have left goes on at once, whatever they were expected to take", async () => {
  const step = fc.record({
    chunks: fc.integer({ min: 1, max: 1000 }),
    bytes: fc.nat({ max: 8 * mib }),
    how: fc.constantFrom("written", "failed", "leave"),
    leaves: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const turns = turnsOf();
      const open: Turn[] = [];
      for (const { chunks, bytes, how, leaves } of steps) {
        const turn = turns.enter(chunks, bytes % 2 === 0);
        void turn.ready.catch(() => undefined);
        turn[how](bytes);
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
