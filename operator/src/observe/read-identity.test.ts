import { phases } from "@retriever/crds/status/migration-status.ts";
import { expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { readIdentity } from "./read-identity.ts";

const roles = [{ name: "sre", quorum: 1 }];
const asking = aSpec({ checklist: { ...onlyReachable, approvals: { policy: "Require", roles } } });
const cluster = new FakeCluster();
const deadline = { clock: new FakeClock(), deadlineMs: 1000, signal: new AbortController().signal };

test("whether actors are proved is read wherever an approval counts, at the cutover too", async () => {
  const read = await Promise.all(
    phases.map(async (phase) => {
      const { actIdentity } = await readIdentity({ status: aStatus({ phase }), plan: asking }, { cluster }, deadline);
      return actIdentity === undefined ? [] : [phase];
    }),
  );
  expect(read.flat()).toEqual(["Preflight", "AwaitingApproval", "AwaitingCutover"]);
});
