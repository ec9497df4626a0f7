// A slice of what `make hostile` plays at length: documents that others write, read by the operator's own readers and
// decided on by its core.
import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { simulationAt } from "#test/simulate.ts";
import { judge, judgeTexts } from "./judge.ts";
import { playHostile } from "./play.ts";
import { makeRandom, mutated, valuesOf } from "./values.ts";

it("no hostile document breaks a status or an overlay, refuses a rollback, or forces one", async () => {
  const { documents, found } = await playHostile(400, 21);
  expect(found).toEqual([]);
  expect(Object.values(documents).every((count) => count > 0)).toBe(true);
});

it("a decision that the resource doesn't hold, and a rollback that nobody asked for, are found", () => {
  const sim = simulationAt("Guard", { spec: aSpec(shortPlan) });
  const truth = sim.observation();
  const intent = {
    migrationUid: sim.meta.uid,
    epoch: sim.status.epoch + 1,
    rollback: { reason: "X", causes: [], actor: null },
  };
  const overlay = truth.overlay.ok ? truth.overlay.value : null;
  const forged = { ...truth, overlay: { ok: true as const, value: overlay && { ...overlay, intent } } };
  expect(judge(sim.clone(), forged, false)).toMatchObject([{ harm: "rollback forced" }]);
  expect(judge(sim.clone(), forged, true)).toEqual([]);
  const long = { ...intent, rollback: { ...intent.rollback, causes: ["x".repeat(3000)] } };
  const unbounded = { ...truth, overlay: { ok: true as const, value: overlay && { ...overlay, intent: long } } };
  expect(judge(sim.clone(), unbounded, true).map(({ harm }) => harm)).toContain("broken status");
});

it("half a character in a status is found", () => {
  const sim = simulationAt("Guard", { spec: aSpec(shortPlan) });
  sim.reconcile();
  const half = { ...sim.status, message: "x\ud83d" };
  expect(judgeTexts(half)).toEqual([{ harm: "broken status", words: "half a character in .message" }]);
  expect(judgeTexts(sim.status)).toEqual([]);
});

it("values of a schema parse, and are the same for the same seed", () => {
  const make = valuesOf(migrationStatusSchema);
  const all = (seed: number) => {
    const random = makeRandom(seed);
    return Array.from({ length: 20 }, () => make(random));
  };
  expect(all(1)).toEqual(all(1));
  expect(all(1)).not.toEqual(all(2));
  expect(mutated({ a: [1, 2] }, makeRandom(3))).not.toEqual({ a: [1, 2] });
});
