// Stories in which the operator dies without warning in the middle of a step: its successor ends where it would have.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard } from "./story-migration.ts";
import { writesDuringResync } from "./traces.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("operator-killed");
});
afterAll(() => stage.close());

/** The operator's writes of this story's overlay hang, so that its intent is recorded and its effect is not. */
function holdOverlay(play: Play): () => void {
  const { faults } = stage.world.cluster.api;
  const match = (request: { method: string; path: string }) =>
    request.method === "PATCH" && request.path === play.overlayPath;
  return faults.add({ match, outcome: "hang" });
}

async function serveFrom(play: Play, digest: string | undefined): Promise<void> {
  await eventually("every pod serves from there", async () =>
    (await play.sidecars()).every(({ config }) => config.primaryIdentity.digest === digest),
  );
}

describe("an operator killed", () => {
  it("in CuttingOver before the overlay was written comes back and completes", async () => {
    const play = await startPlay(stage, "killed-cutting");
    await play.migrate({ cutover: { hold: true } });
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    const release = holdOverlay(play);
    await play.act("Promote");
    const cutting = await play.reach("CuttingOver");
    await stage.world.operator.kill();
    release();
    await stage.world.operator.killAndRestart();
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    expect(completed.epoch).toBeGreaterThan(cutting.epoch);
    await serveFrom(play, completed.destination?.digest);
    expect(play.load?.counts().failuresByReason).toEqual({});
    await play.close();
  });

  it("in CuttingOver after some pods followed comes back and completes", async () => {
    const play = await startPlay(stage, "killed-halfway", { replicas: 2 });
    await play.migrate({ cutover: { hold: true } });
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    const [deaf] = play.pods();
    const { runner } = stage.world.cluster;
    await play.act("Promote");
    await play.see("the Promote is taken", ({ acts }) => acts?.promotedBy !== undefined);
    runner.freeze(deaf?.name ?? "");
    await play.reach("CuttingOver");
    await stage.world.operator.killAndRestart();
    runner.thaw(deaf?.name ?? "");
    const completed = await play.reach("Completed");
    await serveFrom(play, completed.destination?.digest);
    expect(completed.rollback).toBeUndefined();
    await play.close();
  });

  it("in RollingBack before the overlay was written comes back and rolls back", async () => {
    const play = await startPlay(stage, "killed-rolling");
    await play.migrate({ guard: longGuard });
    const { source, destination } = await play.reach("Guard");
    const release = holdOverlay(play);
    await play.act("Rollback");
    await play.reach("RollingBack");
    await stage.world.operator.kill();
    await serveFrom(play, destination?.digest);
    release();
    await stage.world.operator.killAndRestart();
    const status = await play.reach("RolledBack");
    expect(status.rollback).toMatchObject({ reason: "RollbackRequested", from: "Guard" });
    await serveFrom(play, source?.digest);
    await play.settled();
    expect(await writesDuringResync(play)).toEqual([]);
    expect(play.load?.counts().failuresByReason).toEqual({});
    await play.close();
  });
});
