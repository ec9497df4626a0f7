// Stories that go forward on real pods: to Completed, past an operator that is killed, past an API server that restarts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control } from "#clusters/real/start-go-cluster.ts";
import { eventually } from "#support/eventually.ts";
import { destinationBase, writeBase } from "../bases.ts";
import { noteFigure } from "../figures.ts";
import { followByKubectl } from "../kubectl-watch.ts";
import { type Play, startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("forward");
}, 240_000);
afterAll(() => stage.close());

/** What every story ends with: nobody's request failed, and the operator has nothing left to write. */
async function endsQuietly(play: Play): Promise<void> {
  expect(await play.writesDuringResync()).toEqual([]);
  const { failures, failuresByReason, requests } = await play.load.stop();
  noteFigure("requests", play.name, requests);
  noteFigure("K3", play.name, failures);
  expect(failuresByReason).toEqual({});
}

describe("on a real kubelet, a migration", { timeout: 400_000 }, () => {
  it("completes, serves from the destination in every pod, and settles once the base names it", async () => {
    const play = await startPlay(stage, "completes");
    const following = await followByKubectl(play.namespace);
    await play.migrate();
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    expect(await following.stop()).toMatch(/^completes +.*Completed/m);
    const evidence = `/api/v1/namespaces/${play.namespace}/configmaps?labelSelector=retriever.dev/evidence`;
    await eventually("evidence is kept", async () => (await stage.client.list(evidence)).length > 0);
    expect(await play.writesDuringResync()).toEqual([]);
    await writeBase(play, destinationBase(play));
    await play.settled();
    await eventually("the overlay is gone", async () => (await stage.client.get(play.overlayPath)) === undefined);
    await play.allServeFrom(completed.destination?.digest);
    await endsQuietly(play);
    await play.close();
  });

  it("whose operator is killed in CuttingOver completes under whoever leads next", async () => {
    const play = await startPlay(stage, "killed");
    await play.migrate({ cutover: { hold: true } });
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    const leader = await stage.leader();
    await play.act("Promote");
    await play.reach("CuttingOver");
    await stage.signal(leader, "SIGKILL");
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    // Its pod starts the container again at once, and may lead again.
    expect((await stage.leader()).containerId).not.toBe(leader.containerId);
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    await endsQuietly(play);
    await play.close();
  });

  it("goes on where it was after the API server was away", async () => {
    const play = await startPlay(stage, "api-restart");
    await play.migrate({ stages: [{ sampleRate: 1, minDuration: "20s", minSamples: 10 }] });
    const { epoch } = await play.reach("WarmUp");
    await control(stage.folder, "kill", "kube-apiserver");
    await control(stage.folder, "start", "kube-apiserver");
    expect((await play.status()).epoch).toBe(epoch);
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    await endsQuietly(play);
    await play.close();
  });
});
