// A story about the operator itself: its leader sleeps past its lease and wakes up when another one has long gone on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { noteFigure } from "../figures.ts";
import { placeOfNow, writesOfPod } from "../operator-requests.ts";
import { startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("leader");
}, 240_000);
afterAll(() => stage.close());

/** Restarts of the operator's pod of this name. */
async function restartsOf(name: string): Promise<number | undefined> {
  return (await stage.operators()).find((pod) => pod.name === name)?.restarts;
}

describe("on a real kubelet, a migration", { timeout: 400_000 }, () => {
  it("whose leader sleeps past its lease goes on under the other replica, and the old one writes nothing when it wakes up", async () => {
    const play = await startPlay(stage, "asleep");
    await play.migrate({ cutover: { hold: true }, guard: { duration: "10s", deadline: "10m", minSamples: 1 } });
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    const asleep = await stage.leader();
    await stage.signal(asleep, "SIGSTOP");
    await play.act("Promote");
    const cutOver = await play.reach("Guard");
    expect((await stage.leader()).name).not.toBe(asleep.name);

    const awake = placeOfNow(stage.folder);
    await stage.signal(asleep, "SIGCONT");
    await eventually("the old leader has ended and begun anew", async () => {
      return ((await restartsOf(asleep.name)) ?? 0) > asleep.restarts;
    });
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    expect(completed.history).toEqual(expect.arrayContaining([...cutOver.history]));
    expect((await stage.leader()).name).not.toBe(asleep.name);
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    expect(await play.writesDuringResync()).toEqual([]);
    // It may ask for its lease once more and hears that it isn't its own any longer; nothing else.
    const tried = await writesOfPod(stage.folder, asleep.name, awake);
    expect(tried.filter(({ resource, code }) => resource !== "leases" || code !== 409)).toEqual([]);
    const { failures, failuresByReason } = await play.load.stop();
    noteFigure("K3", play.name, failures);
    expect(failuresByReason).toEqual({});
    await play.close();
  });
});
