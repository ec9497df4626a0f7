// A rollback asked by itself: nothing ends it before every pod is back.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import { expect, it } from "vitest";
import { aContext, ago, lagging } from "#test/builders/context.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aResult, aRun } from "#test/builders/verification.ts";
import { aPod } from "#test/builders/world.ts";
import type { Context } from "../model/context.ts";
import type { PodObservation } from "../model/workload.ts";
import { rollingBack } from "./rolling-back.ts";

const rollback = {
  at: ago(60),
  from: "Guard" as const,
  reason: "HarmAlert",
  causes: ["too slow", "worse"],
  actor: null,
};

/** Every pod is back; served for an hour unless named otherwise. */
function at(phase: Phase, status: Partial<MigrationStatus> = {}, more: MigrationSpecInput["rollback"] = {}): Context {
  const plan = aSpec({ rollback: { verifyDriftAfter: "15m", ...more } });
  const c = aContext(phase, { plan, status: { rollback, cutoverAt: ago(3600), ...status } });
  return { ...c, acks: { ...c.acks, state: "all" } };
}

const told = (c: Context) => {
  const { standing, reason, status } = rollingBack(c);
  return `${status.phase} ${standing} ${reason}: ${status.message}`;
};
const source = /pgvector:\/\/\S+/.exec(told(at("RollingBack")))?.[0];

it("waits for every pod to follow, and for none to serve from elsewhere", () => {
  const c = at("RollingBack");
  expect(told({ ...c, acks: lagging })).toBe(
    "RollingBack working Propagating: rolling back: 1 of 2 pods follow; lagging: pod-2",
  );
  const stranger = (name: string, base: StoreIdentity | null) =>
    aPod(name)
      .following(c.migration)
      .saying(({ config }) => ({ base, config: { ...config, primaryIdentity: destinationIdentity } }))
      .build();
  const fleet = [stranger("pod-1", sourceIdentity), stranger("pod-2", destinationIdentity), stranger("pod-3", null)];
  const withPods = (value: PodObservation[]) => ({
    ...c,
    observation: { ...c.observation, pods: { ok: true as const, value } },
  });
  expect(told(withPods(fleet))).toMatch(
    /; served from elsewhere by pod-2, pod-3: make the base name pgvector:\S+ again; served from elsewhere by pod-1: restart who doesn't read the overlay$/,
  );
  expect(told({ ...withPods(fleet), status: { ...c.status, source: undefined } })).toContain(
    "pod-1, pod-2, pod-3: make",
  );
});

it("then compares where it came late and the plan asks for it", () => {
  expect(told(at("RollingBack"))).toBe(
    `VerifyingDrift working VerifyingDrift: every pod serves from ${source} again, 1h after the cutover; comparing what was written since`,
  );
});

it("ends at once where it came early, or the plan skips it, or the migration is being deleted", () => {
  const ended = `RolledBack waiting HarmAlert: rolled back: every pod serves from ${source} again. Cause: too slow; worse`;
  expect(told(at("RollingBack", { cutoverAt: ago(100) }))).toBe(ended);
  expect(told(at("RollingBack", {}, { integrity: "Skip" }))).toBe(ended);
  const c = at("RollingBack");
  expect(told({ ...c, meta: { ...c.meta, deleting: true } })).toBe(ended);
  expect(rollingBack(at("RollingBack", { cutoverAt: ago(100) })).announcements).toMatchObject([{ type: "Warning" }]);
});

it("ends a comparison with what was found", () => {
  const verification = { runs: [aRun({ purpose: "Rollback", askedAt: ago(30), result: aResult() })] };
  expect(told(at("VerifyingDrift", { verification, phaseStartedAt: ago(60) }))).toBe(
    `RolledBack waiting HarmAlert: rolled back: every pod serves from ${source} again. Cause: too slow; worse. no chunk differs`,
  );
  const jobs = { ok: false, why: "timed out" } as const;
  const waiting = at("VerifyingDrift", { phaseStartedAt: ago(60) });
  expect(told({ ...waiting, observation: { ...waiting.observation, jobs } })).toContain("working Comparing");
});

it("ends a status that lost its rollback and its cutover in general words", () => {
  const lost = { rollback: undefined, cutoverAt: undefined };
  const ended = `RolledBack waiting RolledBack: rolled back: every pod serves from ${source} again. Cause: `;
  expect(told(at("RollingBack", lost))).toBe(ended);
  const verification = { runs: [aRun({ purpose: "Rollback", askedAt: ago(30), result: aResult() })] };
  expect(told(at("VerifyingDrift", { ...lost, verification, phaseStartedAt: ago(60) }))).toBe(ended);
});
