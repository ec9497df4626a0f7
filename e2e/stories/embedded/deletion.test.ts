// Stories of a migration that is deleted on its way: it goes, its finalizer with it, and the pods are left safe.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { finalizersOf } from "#support/world/migration-handle.ts";
import { migrationsPath } from "#support/world/migration-status.ts";
import { type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard, type StorySpec } from "./story-migration.ts";
import { overlayOf } from "./traces.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("deletion");
});
afterAll(() => stage.close());

async function deleteMigration(play: Play): Promise<void> {
  const path = `${migrationsPath}/${play.name}`;
  await stage.world.client.remove(path);
  await eventually(`${play.name} is gone`, async () => (await stage.world.client.get(path)) === undefined, {
    describe: async () => (await play.status()).message,
  });
}

const longWarmUp: StorySpec = { stages: [{ sampleRate: 1, minDuration: "1h", minSamples: 10 }] };
const waiting: StorySpec = { cutover: { hold: true } };

describe.concurrent("a migration deleted", () => {
  it.each([
    { phase: "WarmUp", name: "gone-warm-up", spec: longWarmUp },
    { phase: "AwaitingCutover", name: "gone-awaiting", spec: waiting },
    { phase: "Guard", name: "gone-guard", spec: { guard: longGuard } satisfies StorySpec },
  ] as const)(
    "in $phase is gone once every pod serves from the source and the overlay is removed",
    async ({ phase, name, spec }) => {
      const play = await startPlay(stage, name);
      await play.migrate(spec);
      const { source } = await play.reach(phase);
      await deleteMigration(play);
      expect(await overlayOf(play)).toBeUndefined();
      const [sidecar] = await eventually("the pod follows its base alone", async () => {
        const all = await play.sidecars();
        return all.every(({ config }) => config.overlay === "absent") ? all : false;
      });
      expect(sidecar?.config.primaryIdentity.digest).toBe(source?.digest);
      expect(play.load?.counts().failuresByReason).toEqual({});
      await play.close();
    },
  );

  it("in the guard with policy Keep leaves an overlay without finalizer, and new pods serve from the destination too", async () => {
    const play = await startPlay(stage, "gone-keep");
    await play.migrate({ guard: longGuard, deletionPolicy: "Keep" });
    const { destination } = await play.reach("Guard");
    await deleteMigration(play);
    expect(await startsAnewBelowOverlay(play)).toBe(destination?.digest);
    await play.close();
  });

  it("after its completion leaves the pods on the destination as long as the base names the source", async () => {
    const play = await startPlay(stage, "gone-completed");
    await play.migrate();
    const { destination } = await play.reach("Completed");
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    await deleteMigration(play);
    expect(await startsAnewBelowOverlay(play)).toBe(destination?.digest);
    await play.close();
  });
});

/** The store from which a new pod serves below the overlay that was left, which must be nobody's and in force. */
async function startsAnewBelowOverlay(play: Play): Promise<string | undefined> {
  const object = await stage.world.client.get(play.overlayPath);
  expect(await finalizersOf(stage.world.client, play.overlayPath)).toEqual([]);
  expect(object?.metadata).not.toHaveProperty("deletionTimestamp");
  expect(await overlayOf(play)).toMatchObject({ primary: "destination", released: false });
  await play.restart("delete");
  const [sidecar] = await play.sidecars();
  expect(play.load?.counts().failuresByReason["http 503"]).toBeUndefined();
  return sidecar?.config.primaryIdentity.digest;
}
