// A reconcile that failed, asked by itself.
import { expect, it } from "vitest";
import { aContext, ago, tell } from "#test/builders/context.ts";
import { unobserved } from "./unobserved.ts";

const blind = { ok: false, why: "timed out" } as const;

it("names everything that couldn't be read, and why", () => {
  const see = { target: blind, overlay: blind, pods: blind, acts: blind };
  const outcome = unobserved(aContext("Ramp", { see }));
  expect(outcome && tell(outcome)).toBe(
    "Ramp blocked NotObserved: waiting to read target (timed out), overlay (timed out), pods (timed out), acts (timed out)",
  );
});

it("lets a cutover in progress and everything that was seen go on", () => {
  expect(unobserved(aContext("CuttingOver", { see: { pods: blind } }))).toBeUndefined();
  expect(unobserved(aContext("Ramp"))).toBeUndefined();
});

it("in the guard counts no time as guarded", () => {
  const clocks = { watchedSeconds: 60, idleSeconds: 0, unobservedSeconds: 0 };
  const guard = { startedAt: ago(3600), tickedAt: ago(10), sight: "blind", ...clocks } as const;
  const outcome = unobserved(aContext("Guard", { status: { guard }, see: { pods: blind } }));
  expect(outcome?.status.guard).toEqual({ ...guard, tickedAt: ago(0), unobservedSeconds: 10 });
});
