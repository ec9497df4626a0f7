// Stories in which the target or its configuration changes meanwhile: a rollout, more pods, a kubelet that is away, a foreign hand.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control } from "#clusters/real/start-go-cluster.ts";
import { longGuard } from "../../embedded/story-migration.ts";
import { startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("target");
}, 240_000);
afterAll(() => stage.close());

const longStage = [{ sampleRate: 1, minDuration: "1h", minSamples: 10 }];

describe("on a real kubelet, a migration", { timeout: 400_000 }, () => {
  // Seven pods at most beside the operator's two: so many have room on a machine of two processors.
  it.concurrent("whose target is rolled out anew and scaled up in mid-ramp measures again and completes in all pods", async () => {
    const play = await startPlay(stage, "rollout");
    await play.migrate({ stages: [{ sampleRate: 1, minDuration: "30s", minSamples: 10 }] });
    await play.reach("WarmUp");
    const template = { metadata: { annotations: { "retriever.test/rollout": "1" } } };
    const before = await play.pods();
    await stage.client.mergePatch(play.deploymentPath, { spec: { template } });
    await play.ready(3, before);
    await stage.client.mergePatch(play.deploymentPath, { spec: { replicas: 4 } });
    await play.ready(4);
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    expect(await play.writesDuringResync()).toEqual([]);
    await play.close();
  });

  it.concurrent("whose overlay somebody else edits in mid-ramp stands still, names them, and goes back when asked to", async () => {
    const play = await startPlay(stage, "edited", { replicas: 2 });
    await play.migrate({ stages: longStage });
    const { source } = await play.reach("WarmUp");
    // Before that, the one of the epoch before may still stand there.
    await play.conditionIs("ConfigPropagated", "True");
    await play.editOverlay({ sampleRate: 0.5 });
    const held = await play.conditionIs("Ready", "False", "OwnershipConflict");
    expect(held.phase).toBe("WarmUp");
    await play.act("Abort");
    await play.reach("RolledBack");
    await play.allServeFrom(source?.digest);
    await play.settled();
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });

  it("whose pods' kubelet is away during the cutover goes back, and is given up once it is there again", async () => {
    const play = await startPlay(stage, "deaf");
    await play.migrate({ cutover: { hold: true, ackTimeout: "5s" }, guard: longGuard });
    const { source } = await play.conditionIs("Ready", "True", "AwaitingPromote");
    await control(stage.folder, "kill", "kubelet");
    await play.act("Promote");
    const rolling = await play.reach("RollingBack");
    expect(rolling.rollback).toMatchObject({ reason: "AckTimeout", from: "CuttingOver", actor: null });
    await control(stage.folder, "start", "kubelet");
    await play.reach("AwaitingCutover");
    await play.act("Abort");
    await play.reach("RolledBack");
    await play.allServeFrom(source?.digest);
    await play.settled();
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });
});
