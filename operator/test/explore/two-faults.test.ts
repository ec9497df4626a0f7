// Worlds that need two faults, walked by hand: the search of the suite goes no further than one.
import { expect, it } from "vitest";
import { decide } from "#core/decide.ts";
import { canonicalise } from "./canonical.ts";
import { checkReconcile } from "./check-reconcile.ts";
import { circumstancesOf } from "./circumstances.ts";
import { describe } from "./describe.ts";
import { changesOf } from "./moves.ts";
import { origin } from "./plan.ts";
import { makeFreshJudge, type Reconcile, reconcilesOf } from "./reconcile.ts";
import { Report } from "./report.ts";
import { firstWorld, type World } from "./world.ts";

const judge = makeFreshJudge(decide);

function reconcile(world: World, name = "evidence healthy"): Reconcile {
  const given = circumstancesOf(world).find((one) => one.name === name);
  const [whole] = given === undefined ? [] : reconcilesOf(world, given, judge);
  if (whole === undefined) throw new Error(`no reconcile with ${name}: ${describe(world)}`);
  return whole;
}

function change(world: World, name: string): World {
  const found = changesOf(world).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} doesn't happen: ${describe(world)}`);
  return canonicalise(found.to, origin);
}

/** On good traffic, promoted where that is waited for. */
function until(phase: string, from: World): World {
  let world = from;
  while (world.status.phase !== phase) {
    const isAsked = world.status.phase === "AwaitingCutover";
    world = reconcile(world, isAsked ? "Promote is asked for, evidence healthy" : undefined).left;
  }
  return world;
}

/** The reconcile in which the finalizer goes. */
function leaving(from: World): Reconcile {
  let next = reconcile(change(from, "the migration is deleted"));
  while (!next.left.gone) next = reconcile(next.left);
  return next;
}

function brokenBy(last: Reconcile): readonly string[] {
  const report = new Report();
  checkReconcile(last, report);
  return report.take().map(({ invariant }) => invariant);
}

const followingNothing = (): World =>
  until("Completed", change(until("CuttingOver", firstWorld()), "pod 1 stops reading its files"));

it("a completed migration goes without a pod that it left behind, whether that reads nothing or is too late", () => {
  const deaf = followingNothing();
  expect(brokenBy(leaving(deaf))).toEqual([]);
  const late = reconcile(change(deaf, "the pods read their files again")).left;
  expect(late.pods.map(({ fenced }) => fenced)).toContain(late.status.epoch);
  expect(brokenBy(leaving(late))).toEqual([]);
});

it("a migration that goes while a pod serves the source that would follow is found", () => {
  const last = leaving(followingNothing());
  const [a, b] = last.left.pods;
  const heard = (pod: World["pods"][0]) => ({ ...pod, deaf: false, fenced: null });
  expect(brokenBy({ ...last, left: { ...last.left, pods: [heard(a), heard(b)] } })).toContain("finalizer");
});

it.each(["the overlay is torn away", "another manager edits the overlay"])(
  "a cutover that waits for its base and for pods writes nothing but when it read them, where %s",
  (fault) => {
    const cutting = until("CuttingOver", firstWorld());
    let world = change(change(cutting, "the base names the destination"), fault);
    for (let passes = 0; passes < 12; passes += 1) world = reconcile(world).left;
    const last = reconcile(world);
    expect([last.left.status.phase, last.isQuiet]).toEqual(["CuttingOver", true]);
    expect(last.left.status.acks?.waited).toBeDefined();
  },
);
