// The exploration forgets numbers of the evidence: what it goes on with decides as the whole would have.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "#core/decide.ts";
import { canonicalise } from "./canonical.ts";
import { circumstancesOf } from "./circumstances.ts";
import { describe as describeWorld } from "./describe.ts";
import { keyOf } from "./key.ts";
import { origin, stepMs } from "./plan.ts";
import { makeFreshJudge, pass, reconcilesIn } from "./reconcile.ts";
import { firstWorld, type World } from "./world.ts";

/** A reconcile a step after `at`, as the exploration has them; undefined for one that a world doesn't offer. */
function step(world: World, name: string, at: number): World | undefined {
  if (name === away) return pass(world, "healthy");
  const given = circumstancesOf(world).find((one) => one.name === name);
  if (given === undefined) return undefined;
  return reconcilesIn(world, given, makeFreshJudge(decide, at + stepMs))[0]?.left;
}

/** The first world in a phase, on good traffic. */
function firstIn(phase: Phase): World {
  let world = firstWorld();
  while (world.status.phase !== phase) {
    const isAsked = world.status.phase === "AwaitingCutover";
    const next = step(world, `${isAsked ? "Promote is asked for, " : ""}evidence healthy`, origin);
    if (next === undefined) throw new Error(`${phase} is not reached: ${describeWorld(world)}`);
    world = canonicalise(next, origin + stepMs);
  }
  return world;
}

const away = "the operator is away";
const unseen = "pods can't be listed, evidence harmful";
/** What makes harm last, and what makes steps wait to be read, comes more often. */
const names = [
  ...["none", "healthy", "harmful", "errors", "unknown", "silent"].map((evidence) => `evidence ${evidence}`),
  "evidence none",
  "evidence harmful",
  unseen,
  unseen,
  unseen,
  away,
  "pods can't be listed, evidence healthy",
  "the source is down, evidence harmful",
  "the source is down, evidence errors",
];

/** Phases that paths come to on which nothing is forgotten, each compared with the same path as it is explored. */
function walk(from: World, numRuns: number, isOver: (world: World) => boolean): readonly string[] {
  const seen = new Set<string>();
  const paths = fc.array(fc.constantFrom(...names), { minLength: 3, maxLength: 10 });
  const follow = (path: readonly string[]): void => {
    let at = origin;
    let whole = from;
    let short = from;
    for (const name of path) {
      const [next, shortNext] = [step(whole, name, at), step(short, name, origin)];
      if (next === undefined || shortNext === undefined) return;
      at += stepMs;
      whole = next;
      short = canonicalise(shortNext, origin + stepMs);
      seen.add(short.status.phase);
      expect(whole.status.phase).toBe(short.status.phase);
      if (isOver(short)) return;
      expect(keyOf(short)).toBe(keyOf(canonicalise(whole, at)));
    }
  };
  fc.assert(fc.property(paths, follow), { seed: 17, numRuns });
  return [...seen].toSorted();
}

describe("what the exploration forgets of the evidence changes nothing", () => {
  it("in the guard", () => {
    const seen = walk(firstIn("Guard"), 300, () => false);
    expect(seen).toEqual(["Completed", "Guard", "RollingBack", "VerifyingDrift"]);
  });

  it("before the cutover, until a step down", () => {
    const seen = walk(firstIn("AwaitingCutover"), 60, ({ status }) => status.phase !== "AwaitingCutover");
    expect(seen).toEqual(["AwaitingCutover", "Ramp"]);
  });
});
