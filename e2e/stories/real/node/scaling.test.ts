// Stories in which the number of pods changes on the way: none for a while, and more than before.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { sidecarOf } from "#support/world/pods.ts";
import { type Play, startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("scaling");
}, 240_000);
afterAll(() => stage.close());

/** Long enough for the story to come in between. */
const stages = [{ sampleRate: 1, minDuration: "20s", minSamples: 10 }];
const cutover = { hold: false, ackTimeout: "5s", validationTimeout: "20s" } as const;

/** Scales the target to zero in mid-ramp; resolves when the operator has said so and writes nothing any more. */
async function standsStillWithoutPods(play: Play): Promise<void> {
  await eventually("the stage's clock runs", async () => (await play.status()).stage?.startedAt);
  await play.scale(0);
  // Those that are going away still tell, which is written down.
  const pods = `/api/v1/namespaces/${play.namespace}/pods`;
  await eventually("no pod is left", async () => (await stage.client.list(pods)).length === 0);
  await play.conditionIs("ConfigPropagated", "Unknown", "AckTimeout");
  const held = await play.conditionIs("Ready", "False", "Propagating");
  expect(held.phase).toBe("WarmUp");
  expect(held.message).toContain("there is no pod with a running sidecar, and an empty set is unknown");
  expect(await play.writesDuringResync()).toEqual([]);
}

// Seven pods at most beside the operator's two: so many have room on a machine of two processors.
describe.concurrent("on a real kubelet, a migration", { timeout: 400_000 }, () => {
  it("whose target is scaled to zero in mid-ramp stands still, says so, and goes on when pods are back", async () => {
    const play = await startPlay(stage, "empty", { replicas: 2 });
    await play.migrate({ stages, cutover });
    await standsStillWithoutPods(play);
    await play.scale(2);
    await play.ready(2);
    const failures = await play.answered();
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    expect(completed.history.map(({ reason }) => reason)).not.toContain("EvidenceLost");
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failures).toBe(failures);
    await play.close();
  });

  it("whose target is scaled to zero and aborted then goes back once there are pods that can say so", async () => {
    const play = await startPlay(stage, "empty-aborted", { replicas: 1 });
    await play.migrate({ stages, cutover });
    const { source } = await play.reach("WarmUp");
    await standsStillWithoutPods(play);
    await play.act("Abort");
    await play.reach("RollingBack");
    await play.conditionIs("ConfigPropagated", "Unknown", "AckTimeout");
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.status()).phase).toBe("RollingBack");
    await play.scale(1);
    await play.ready(1);
    const failures = await play.answered();
    await play.reach("RolledBack");
    await play.allServeFrom(source?.digest);
    await play.settled();
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failures).toBe(failures);
    await play.close();
  });

  it("whose target an autoscaler enlarges while the destination is down has pods that serve from the source, and nothing fails", async () => {
    const play = await startPlay(stage, "scaled-up", { replicas: 2 });
    await play.migrate({ stages });
    const { source } = await play.reach("WarmUp");
    await eventually("the stage's clock runs", async () => (await play.status()).stage?.startedAt);
    await play.destination.degrade.refuse();
    await play.scale(4);
    const pods = await play.ready(4);
    for (const pod of pods) {
      const { config } = await sidecarOf(pod);
      expect(config).toMatchObject({ overlay: "in-force", primary: "source" });
      expect(config.primaryIdentity.digest).toBe(source?.digest);
    }
    const held = await play.conditionIs("Ready", "False", "Held");
    expect(held).toMatchObject({ phase: "WarmUp", revision: { primary: "source", sampleRate: 0 } });
    await play.conditionIs("ConfigPropagated", "True");

    await play.destination.degrade.restore();
    await play.act("Resume");
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    expect(completed.acks).toMatchObject({ pods: 4, matched: 4 });
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });
});
