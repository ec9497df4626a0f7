// Rollout steps: what one pass creates and deletes, and laws that hold for any mix of pods.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PodFact, planRollout, type RolloutInput } from "./rollout.ts";

function pod(name: string, hash: string, ready = true): PodFact {
  return { name, hash, ready, createdAt: `2026-01-01T00:00:0${name.length % 10}Z` };
}

function input(over: Partial<RolloutInput>): RolloutInput {
  return { replicas: 2, hash: "new", pods: [], ...over };
}

describe("a rollout step", () => {
  it("creates every missing replica at once when no old pod is left", () => {
    expect(planRollout(input({}))).toEqual({ create: 2, remove: [] });
  });

  it("creates one more pod than asked while old pods serve", () => {
    const pods = [pod("a", "old"), pod("b", "old")];
    expect(planRollout(input({ pods }))).toEqual({ create: 1, remove: [] });
  });

  it("removes one old pod once a new one is ready", () => {
    const pods = [pod("a", "old"), pod("b", "old"), pod("c", "new")];
    expect(planRollout(input({ pods }))).toEqual({ create: 0, remove: ["a"] });
  });
});

describe("laws", () => {
  const pods = fc
    .array(fc.record({ hash: fc.constantFrom("old", "new"), ready: fc.boolean() }), { maxLength: 8 })
    .map((rows) => rows.map((row, index) => pod("x".repeat(index + 1), row.hash, row.ready)));

  it("never takes away a ready pod that leaves fewer than asked", () => {
    fc.assert(
      fc.property(pods, fc.nat({ max: 6 }), (list, replicas) => {
        const { remove } = planRollout(input({ pods: list, replicas }));
        const ready = list.filter((one) => one.ready);
        const left = ready.filter((one) => !remove.includes(one.name));
        expect(left.length).toBeGreaterThanOrEqual(Math.min(ready.length, replicas));
      }),
    );
  });

  it("reaches the wanted pods in a bounded number of steps when every pod becomes ready", () => {
    fc.assert(
      fc.property(pods, fc.nat({ max: 6 }), (list, replicas) => {
        let now: readonly PodFact[] = list;
        for (let step = 0; step < 40; step += 1) {
          const { create, remove } = planRollout(input({ pods: now, replicas }));
          const made = Array.from({ length: create }, (_, index) => pod(`made-${step}-${index}`, "new"));
          now = [...now.filter((one) => !remove.includes(one.name)), ...made].map((one) => ({ ...one, ready: true }));
        }
        expect(now.map((one) => one.hash)).toEqual(Array.from({ length: replicas }, () => "new"));
      }),
    );
  });
});
