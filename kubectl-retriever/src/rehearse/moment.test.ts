import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";
import { describe, expect, it } from "vitest";
import { parseScenario } from "#scenario/scenario-parse.ts";
import { busySinceAfter, makeMoments, neverBusier, worldAtMoment } from "./moment.ts";
import { type World, worldAt } from "./world.ts";

const startMs = Date.parse("2026-03-02T08:00:00Z");
const minute = 60_000;

function aWorld(more: object): World {
  const parsed = parseScenario({ kind: "RehearsalScenario", shows: "x", ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return worldAt(parsed.scenario, [], 20);
}

function anOverlay(primary: Overlay["primary"], shadow: Overlay["shadow"], sampleRate: number): Overlay {
  return { primary, shadow, sampleRate } as Overlay;
}

describe("bursts", () => {
  const world = aWorld({ destination: { bursts: { every: "100m", length: "10m", share: 0.3, of: "mismatch" } } });
  const burstMinutes = (seed: number): number[] => {
    const momentAt = makeMoments(startMs, seed);
    return Array.from({ length: 1000 }, (_, at) => at).filter(
      (at) => momentAt(world, neverBusier, startMs + at * minute).isBurst,
    );
  };

  it("come once in each period for their length, at times of the seed's own", () => {
    for (let period = 0; period < 10; period += 1) {
      const inPeriod = burstMinutes(1).filter((at) => Math.floor(at / 100) === period);
      expect(inPeriod).toHaveLength(10);
      expect((inPeriod.at(-1) ?? 0) - (inPeriod[0] ?? 0)).toBe(9);
    }
    expect(burstMinutes(1)).toEqual(burstMinutes(1));
    expect(burstMinutes(1)).not.toEqual(burstMinutes(2));
  });

  it("make their share of their samples bad, and of no others", () => {
    const warm = { source: "warm", destination: "warm", slower: 1 } as const;
    const { destination } = worldAtMoment(world, { ...warm, isBurst: true });
    expect([destination.mismatch, destination.latencyWorse]).toEqual([0.3, undefined]);
    expect(worldAtMoment(world, { ...warm, isBurst: false }).destination.mismatch).toBe(0.03);
  });
});

describe("a store with cold caches", () => {
  const world = aWorld({ destination: { cold: { for: "10m", latencyMs: 90 } } });
  const sampled = anOverlay("source", "destination", 0.02);
  const busy = busySinceAfter(neverBusier, { before: null, after: sampled }, startMs);
  const momentAt = makeMoments(startMs, 1);

  it("is slow for a while after it was first asked, and again once it becomes primary", () => {
    const latencyAt = (now: number, since = busy) =>
      worldAtMoment(world, momentAt(world, since, now)).destination.latencyMs;
    expect([0, 9, 10, 60].map((at) => latencyAt(startMs + at * minute))).toEqual([90, 90, 18, 18]);
    const cutover = startMs + 60 * minute;
    const change = { before: sampled, after: anOverlay("destination", "source", 0.05) };
    expect(latencyAt(cutover, busySinceAfter(busy, change, cutover))).toBe(90);
  });

  it("isn't asked more because the rate rises or the other store goes", () => {
    const later = startMs + 60 * minute;
    const more = anOverlay("source", "destination", 0.1);
    expect(busySinceAfter(busy, { before: sampled, after: more }, later)).toEqual(busy);
    expect(busySinceAfter(busy, { before: more, after: null }, later)).toEqual(busy);
  });
});

it("both stores follow the hour, and an event on top of it", () => {
  const latencyByHour = Array.from({ length: 24 }, (_, hour) => (hour === 8 ? 3 : 1));
  const momentAt = makeMoments(startMs, 1);
  const slowed = { ...aWorld({ traffic: { latencyByHour } }), latencyFactor: 2 };
  const factorAt = (hours: number) =>
    worldAtMoment(slowed, momentAt(slowed, neverBusier, startMs + hours * 60 * minute)).latencyFactor;
  expect([0, 0.9, 1, 24].map(factorAt)).toEqual([6, 6, 2, 6]);
});
