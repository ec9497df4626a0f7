import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeClock, settle } from "#test/fakes/fake-clock.ts";
import { type QueueOptions, type ReconcileResult, WorkQueue } from "./queue.ts";

const backoff = { baseMs: 500, capMs: 30_000 };

function arrange(more: Partial<QueueOptions<string>> = {}) {
  const clock = new FakeClock();
  const passes: { readonly key: string; readonly at: number }[] = [];
  const ends: ((outcome: ReconcileResult) => void)[] = [];
  const queue = new WorkQueue({
    clock,
    random: () => 1,
    concurrency: 2,
    maxKeys: 100,
    backoff,
    idOf: String,
    groupOf: (key) => key.split("/")[0] ?? "",
    handle: async (key) => {
      passes.push({ key, at: clock.elapsed() });
      return new Promise((resolve) => ends.push(resolve));
    },
    ...more,
  });
  const end = async (outcome: ReconcileResult = { kind: "idle" }) => {
    ends.shift()?.(outcome);
    await settle();
  };
  return { clock, queue, passes, end };
}

describe("the queue", () => {
  test("woken many times before a pass makes one pass", async () => {
    const { queue, passes, end } = arrange({ concurrency: 1 });
    for (const key of ["a", "b", "b", "b"]) queue.add(key);
    await end();
    await end();
    expect(passes.map(({ key }) => key)).toEqual(["a", "b"]);
    expect(queue.depth).toBe(0);
  });

  test("woken during a pass makes exactly one more", async () => {
    const { queue, passes, end } = arrange();
    queue.add("a");
    queue.add("a");
    queue.add("a");
    expect(passes.length).toBe(1);
    await end({ kind: "again", afterMs: 60_000 });
    expect(passes.length).toBe(2);
    await end();
    expect(passes.length).toBe(2);
  });

  test("told to come again later does so then, or earlier when woken", async () => {
    const { queue, clock, passes, end } = arrange();
    queue.add("a");
    await end({ kind: "again", afterMs: 5000 });
    await clock.advance(4999);
    expect(passes.length).toBe(1);
    await clock.advance(1);
    expect(passes.length).toBe(2);
    await end({ kind: "again", afterMs: 5000 });
    queue.add("a");
    expect(passes.length).toBe(3);
    await end();
    await clock.advance(10_000);
    expect(passes.length).toBe(3);
  });

  test("after failures waits longer each time, up to the cap; success forgets them", async () => {
    const { queue, clock, passes, end } = arrange();
    queue.add("a");
    const delays: number[] = [];
    for (let failure = 0; failure < 9; failure += 1) {
      const from = clock.elapsed();
      await end({ kind: "failed" });
      await clock.advance(40_000);
      delays.push((passes.at(-1)?.at ?? 0) - from);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    await end({ kind: "again", afterMs: 1 });
    await clock.advance(1);
    const from = clock.elapsed();
    await end({ kind: "failed" });
    await clock.advance(500);
    expect(passes.at(-1)?.at).toBe(from + 500);
  });

  test("after failures that hold nothing up waits no longer than it is told", async () => {
    const { queue, clock, passes, end } = arrange();
    queue.add("a");
    const delays: number[] = [];
    for (let failure = 0; failure < 6; failure += 1) {
      const from = clock.elapsed();
      await end({ kind: "failed", mostMs: 5000 });
      await clock.advance(40_000);
      delays.push((passes.at(-1)?.at ?? 0) - from);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  });

  test("that fails and is woken again and again still leaves a pause between passes", async () => {
    const { queue, clock, passes, end } = arrange();
    queue.add("a");
    for (let failure = 0; failure < 6; failure += 1) {
      await end({ kind: "failed" });
      for (let wake = 0; wake < 20; wake += 1) {
        queue.add("a");
        await clock.advance(50);
      }
    }
    const gaps = passes.slice(1).map(({ at }, index) => at - (passes[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1000);
  });

  test("that is full refuses new keys and keeps the known ones", () => {
    const { queue } = arrange({ maxKeys: 2, groupOf: () => "" });
    expect([queue.add("a"), queue.add("b"), queue.add("c"), queue.add("a")]).toEqual([true, true, false, true]);
  });

  test("that one group has filled takes the keys of others, and of that group again once one is done", async () => {
    const { queue, end } = arrange({ maxKeys: 2 });
    const adds = ["many/1", "many/2", "many/3", "few/1"].map((key) => queue.add(key));
    expect(adds).toEqual([true, true, false, true]);
    await end();
    expect(queue.add("many/3")).toBe(true);
  });

  test("of which one group has a thousand keys ready begins another group's with the next pass, and then by turns", async () => {
    const { queue, passes, end } = arrange({ concurrency: 1, maxKeys: 1000 });
    for (let key = 0; key < 1000; key += 1) queue.add(`many/${key}`);
    queue.add("few/1");
    queue.add("few/2");
    expect(queue.depth).toBe(1002);
    for (let pass = 0; pass < 5; pass += 1) await end({ kind: "again", afterMs: 0 });
    expect(passes.map(({ key }) => key)).toEqual(["many/0", "many/1", "few/1", "many/2", "few/2", "many/3"]);
  });

  test("of which one group's passes don't end leaves a place to others, whose keys wait for none of them", async () => {
    const begun: string[] = [];
    const { queue, clock } = arrange({
      concurrency: 4,
      handle: async (key) => {
        begun.push(key);
        return key.startsWith("slow") ? new Promise(() => undefined) : { kind: "again", afterMs: 1000 };
      },
    });
    for (const key of ["slow/1", "slow/2", "slow/3", "slow/4", "slow/5", "other/1"]) queue.add(key);
    await settle();
    expect(begun).toEqual(["slow/1", "slow/2", "slow/3", "other/1"]);
    await clock.advance(3000);
    expect(begun.slice(4)).toEqual(["other/1", "other/1", "other/1"]);
  });

  test("takes a rejection for a failure", async () => {
    let calls = 0;
    const { queue, clock } = arrange({
      handle: async () => {
        calls += 1;
        throw new Error("bug");
      },
    });
    queue.add("a");
    await settle();
    await clock.advance(500);
    expect(calls).toBe(2);
  });

  test("that stops aborts what is under way, waits for it, and begins nothing more", async () => {
    let seen: AbortSignal | undefined;
    const { queue, clock } = arrange({
      handle: async (_, signal) => {
        seen = signal;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return { kind: "again", afterMs: 1 };
      },
    });
    queue.add("a");
    await queue.stop();
    expect(seen?.aborted).toBe(true);
    expect(queue.add("a")).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

type Step = { readonly kind: "add"; readonly key: string } | { readonly kind: "wait"; readonly ms: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), key: fc.constantFrom("a", "b", "c", "d") }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 3000 }) }),
);
const outcome: fc.Arbitrary<ReconcileResult> = fc.oneof(
  fc.constant({ kind: "idle" } as const),
  fc.constant({ kind: "failed" } as const),
  fc.record({ kind: fc.constant("again" as const), afterMs: fc.integer({ min: 0, max: 2000 }) }),
);

describe("for every order of wakes, waits and outcomes the queue", () => {
  test("runs one pass per key at a time, few keys together, and a pass begins after the last wake of each key", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.array(outcome, { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, outcomes, concurrency) => {
          const clock = new FakeClock();
          const running = new Set<string>();
          const begun = new Map<string, number>();
          const woken = new Map<string, number>();
          let sequence = 0;
          let most = 0;
          const queue = new WorkQueue<string>({
            idOf: String,
            groupOf: (key) => (key < "c" ? "first" : "second"),
            clock,
            random: () => 0.5,
            concurrency,
            maxKeys: 100,
            backoff,
            handle: async (key) => {
              expect(running.has(key)).toBe(false);
              running.add(key);
              most = Math.max(most, running.size);
              sequence += 1;
              begun.set(key, sequence);
              await new Promise<void>((resolve) => void clock.after(100, resolve));
              running.delete(key);
              return outcomes[sequence % outcomes.length] ?? { kind: "idle" };
            },
          });
          for (const one of steps) {
            if (one.kind === "wait") await clock.advance(one.ms);
            else {
              sequence += 1;
              woken.set(one.key, sequence);
              queue.add(one.key);
            }
          }
          await clock.advance(60_000);
          expect(most).toBeLessThanOrEqual(concurrency);
          for (const [key, at] of woken) expect(begun.get(key)).toBeGreaterThan(at);
          await Promise.all([queue.stop(), clock.advance(200)]);
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });
});
