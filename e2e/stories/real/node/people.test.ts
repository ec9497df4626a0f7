// A story of three people with different rights: what the API refuses, what has no effect, and who gets it done.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import type { User } from "#support/kube/client.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import type { StorySpec } from "../../embedded/story-migration.ts";
import { type Play, startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("people");
}, 240_000);
afterAll(async () => {
  await stage.close();
});

const visitor: User = { name: "visitor", groups: [] };
const onCall: User = { name: "on-call", groups: [] };
const owner: User = { name: "owner", groups: [] };

/** Binds a ClusterRole of the chart to somebody, in the story's namespace alone. */
async function grant({ namespace }: Play, { name }: User, role: string): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  await stage.client.create(`/apis/${apiGroup}/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name: `${name}-${role}` },
    roleRef: { apiGroup, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup, kind: "User", name }],
  });
}

/** Creates an act as somebody; `allowed`, or with which words the API refuses it. */
async function act(play: Play, as: User, spec: { readonly act: string; readonly role?: string }): Promise<string> {
  const uid = (await stage.client.get(play.migrationPath))?.metadata.uid;
  const { planHash } = await play.status();
  const body = {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "MigrationAct",
    metadata: { generateName: `${as.name}-`, labels: { "retriever.dev/migration-uid": uid } },
    spec: { migration: { name: play.name, uid }, planHash, actor: as.name, ...spec },
  };
  return play.stage.client.ask({ as, method: "POST", path: play.actsPath, body });
}

/** What the operator says of acts that have no effect, in its events. */
async function refusalsOf({ namespace }: Play): Promise<readonly string[]> {
  const events = await stage.client.list(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
  return events.flatMap(({ reason, note }) => (reason === "ActRefused" ? [String(note)] : []));
}

const skip = { policy: "Skip" } as const;
const checklist: StorySpec["checklist"] = {
  parity: skip,
  alerts: skip,
  window: skip,
  staging: skip,
  smokeTests: skip,
  approvals: { policy: "Require", roles: [{ name: "product-owner", quorum: 1 }] },
};

describe("on a real kubelet, a migration", { timeout: 400_000 }, () => {
  it("is approved and promoted by who may, and by nobody else", async () => {
    const play = await startPlay(stage, "people");
    await grant(play, onCall, "retriever-approve-sre-on-call");
    await grant(play, owner, "retriever-approve-product-owner");
    await grant(play, owner, "retriever-promote");
    await play.migrate({ checklist, cutover: { hold: true } });
    await play.reach("AwaitingApproval");

    const asOwner = { act: "Approve", role: "product-owner" } as const;
    expect(await act(play, visitor, asOwner)).toContain('User "visitor" cannot create resource "migrationacts"');
    expect(await act(play, onCall, asOwner)).toContain(
      "on-call may not create retrievermigrations/approve-product-owner",
    );
    expect(await act(play, onCall, { act: "Approve", role: "sre-on-call" })).toBe("allowed");
    const [refusal] = await eventually("the operator has looked at it", async () => {
      const refusals = await refusalsOf(play);
      return refusals.length > 0 && refusals;
    });
    expect(refusal).toContain("the plan asks no sre-on-call; it asks product-owner");
    const waiting = await play.status();
    expect(waiting.phase).toBe("AwaitingApproval");
    expect(conditionOf(waiting, "Approved")).toMatchObject({ status: "False", reason: "ApprovalsMissing" });
    expect(await play.writesDuringResync()).toEqual([]);

    expect(await act(play, owner, asOwner)).toBe("allowed");
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    expect(await act(play, visitor, { act: "Promote" })).toContain("cannot create");
    expect(await act(play, onCall, { act: "Promote" })).toContain("on-call may not create retrievermigrations/promote");
    expect((await play.status()).phase).toBe("AwaitingCutover");
    expect(await act(play, owner, { act: "Promote" })).toBe("allowed");

    const completed = await play.reach("Completed");
    expect(completed.acts?.promotedBy).toBe(owner.name);
    expect(conditionOf(completed, "Approved")?.message).toBe("approved by owner (product-owner)");
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });
});
