// Pending asked by itself, without the guards before it: nothing is accepted over what can't be read.
import { expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aMigration, anObservation, aPod, noon } from "#test/builders/world.ts";
import { assess } from "../context.ts";
import type { Observation } from "../model.ts";
import { pending } from "./pending.ts";

const migration = aMigration().build();
const plan = migration.spec.ok ? migration.spec.value : undefined;
const pods = ["pod-1", "pod-2"].map((name) => aPod(name).build());

function asked(more: Partial<Observation> = {}) {
  if (plan === undefined) throw new Error("the usual spec parses");
  const observation = anObservation(migration, {}, { pods: { ok: true, value: pods }, ...more });
  return pending(assess(migration, plan, observation, noon));
}

it.each([
  ["target", "spec.target: Deployment search-api can't be read: timed out"],
  ["claims", "other migrations can't be listed: timed out"],
  ["overlay", "the overlay can't be read: timed out"],
  ["pods", "pods can't be listed: timed out"],
] as const)("a %s that can't be read keeps it waiting, with its reason and no hurry", (part, message) => {
  const { status, standing, reason, requeueAfterMs } = asked({ [part]: { ok: false, why: "timed out" } });
  expect({ phase: status.phase, message: status.message }).toEqual({ phase: "Pending", message });
  expect({ standing, reason, requeueAfterMs }).toEqual({
    standing: "blocked",
    reason: "NotObserved",
    requeueAfterMs: 5000,
  });
});

it("with everything there accepts the plan as epoch 1, by its hash, and tells it once", () => {
  const { status, announcements } = asked();
  expect(status).toMatchObject({ phase: "Preflight", epoch: 1, revision: { primary: "source", shadow: "none" } });
  expect(announcements).toMatchObject([{ type: "Normal", reason: "Accepted", page: false }]);
  expect(announcements[0]?.message).toContain(`accepted plan ${status.planHash}: pgvector://`);
});

const theirs = { base: destinationIdentity };

it.each([
  { changed: ["pod-1"], more: theirs, reason: "BasesDiffer", words: "pods disagree about their base" },
  {
    changed: ["pod-1", "pod-2"],
    more: { base: null },
    reason: "BaseUnknown",
    words: "the sidecars have no valid base",
  },
  { changed: ["pod-2"], more: { base: null }, reason: "BasesDiffer", words: "/ no valid base" },
  {
    changed: ["pod-2"],
    more: { readableOverlaySchemas: [2] },
    reason: "SidecarTooOld",
    words: "pod-2 can't read overlay schema 1",
  },
])("$changed that say $more keep it waiting: $reason", ({ changed, more, reason, words }) => {
  const value = ["pod-1", "pod-2"].map((name) => {
    const pod = aPod(name);
    return (changed.includes(name) ? pod.saying(() => more) : pod).build();
  });
  const outcome = asked({ pods: { ok: true, value } });
  expect(outcome).toMatchObject({ reason, standing: "blocked", status: { phase: "Pending" } });
  expect(outcome.status.message).toContain(words);
});
