// Stories that go back on real pods: a destination that degrades in the guard, a person who asks, and deletions.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { longGuard } from "../../embedded/story-migration.ts";
import { noteFigure, seconds } from "../figures.ts";
import { type Play, startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("back");
}, 240_000);
afterAll(() => stage.close());

const must = { intentToAcknowledgedSeconds: 5 };

/** From the operator's recorded decision to the activation in the last pod. */
async function measureRollback(play: Play, digest: string | undefined): Promise<void> {
  const last = await play.allServeFrom(digest);
  const { rollback } = await play.status();
  const took = seconds(last - Date.parse(rollback?.at ?? ""));
  noteFigure("K2", play.name, took);
  expect(took).toBeLessThanOrEqual(must.intentToAcknowledgedSeconds);
}

async function nobodyNoticed(play: Play): Promise<void> {
  const { failures, failuresByReason, requests } = await play.load.stop();
  noteFigure("requests", play.name, requests);
  noteFigure("K3", play.name, failures);
  expect(failuresByReason).toEqual({});
}

async function isGone(path: string): Promise<void> {
  await eventually(`${path} is gone`, async () => (await stage.client.get(path)) === undefined, { deadlineMs: 90_000 });
}

describe("on a real kubelet, a migration", { timeout: 400_000 }, () => {
  it("whose destination degrades in the guard rolls itself back, in every pod within seconds", async () => {
    const play = await startPlay(stage, "degrades");
    await play.migrate({ guard: longGuard });
    const { source, destination } = await play.reach("Guard");
    await play.allServeFrom(destination?.digest);
    await play.destination.degrade.fail();
    await measureRollback(play, source?.digest);
    const back = await play.reach("RolledBack");
    expect(back.rollback).toMatchObject({ from: "Guard", actor: null });
    await play.settled();
    expect(await play.writesDuringResync()).toEqual([]);
    // The destination's own failures are those that the rollback ends.
    const { failuresByReason, lastFailureAt = 0 } = await play.load.stop();
    const after = lastFailureAt > Date.parse(back.rollback?.at ?? "") + must.intentToAcknowledgedSeconds * 1000;
    expect({ after, reasons: Object.keys(failuresByReason) }).toEqual({ after: false, reasons: ["http 503"] });
    await play.close();
  });

  it.each(["first", "second"])("is rolled back by a person without a failed request, %s time", async (time) => {
    const play = await startPlay(stage, `asked-${time}`);
    await play.migrate({ guard: longGuard });
    const { source, destination } = await play.reach("Guard");
    await play.allServeFrom(destination?.digest);
    await play.act("Rollback");
    await measureRollback(play, source?.digest);
    await play.reach("RolledBack");
    await play.settled();
    expect(await play.writesDuringResync()).toEqual([]);
    await nobodyNoticed(play);
    await play.close();
  });

  it.concurrent("deleted in the guard is gone once every pod serves from the source", async () => {
    const play = await startPlay(stage, "deleted");
    await play.migrate({ guard: longGuard });
    const { source } = await play.reach("Guard");
    await stage.client.remove(play.migrationPath);
    await isGone(play.migrationPath);
    await play.allServeFrom(source?.digest);
    expect(await stage.client.get(play.overlayPath)).toBeUndefined();
    await nobodyNoticed(play);
    await play.close();
  });

  it.concurrent("whose namespace is deleted in the guard doesn't keep it", async () => {
    const play = await startPlay(stage, "homeless");
    await play.migrate({ guard: longGuard });
    await play.reach("Guard");
    await play.load.stop();
    await stage.client.remove(`/api/v1/namespaces/${play.namespace}`);
    await isGone(`/api/v1/namespaces/${play.namespace}`);
    expect(await stage.client.get(play.migrationPath)).toBeUndefined();
    await play.close();
  });
});
