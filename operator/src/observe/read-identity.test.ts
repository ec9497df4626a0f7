import { phases } from "@retriever/crds/status/migration-status.ts";
import { expect, test } from "vitest";
import type { ActObservation } from "#core/model/observation.ts";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { readIdentity } from "./read-identity.ts";

const roles = [{ name: "sre", quorum: 1 }];
const asking = aSpec({ checklist: { ...onlyReachable, approvals: { policy: "Require", roles } } });
const cluster = new FakeCluster();
const deadline = { clock: new FakeClock(), deadlineMs: 1000, signal: new AbortController().signal };

const approval: ActObservation = {
  name: "act-1",
  uid: "act-1",
  createdAt: 0,
  act: "Approve",
  actor: "ada",
  reason: "",
  role: "sre",
  planHash: "p",
  expiresAt: null,
};

async function phasesWithProof(acts: readonly ActObservation[], seen: string[] = []): Promise<readonly string[]> {
  const read = Promise.resolve({ acts: { ok: true, value: acts } as const });
  const found = await Promise.all(
    phases.map(async (phase) => {
      const status = aStatus({ phase, acts: { paused: false, seen } });
      const { actIdentity } = await readIdentity({ status, plan: asking, acts: read }, { cluster }, deadline);
      return actIdentity === undefined ? [] : [phase];
    }),
  );
  return found.flat();
}

test("whether actors are proved is read wherever an approval counts, at the cutover too", async () => {
  const counting = ["Preflight", "AwaitingApproval", "AwaitingCutover"];
  expect(await phasesWithProof([])).toEqual(counting);
  expect(await phasesWithProof([approval], [approval.uid])).toEqual(counting);
  expect(await phasesWithProof([{ ...approval, act: "Promote" }])).toEqual(counting);
});

test("whether actors are proved is read wherever an approval comes: it may count later", async () => {
  expect(await phasesWithProof([approval])).toEqual(phases);
});
