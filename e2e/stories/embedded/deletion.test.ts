// A migration that is deleted and told to leave the pods where they are; on its other ways it goes on real pods.
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { finalizersOf } from "#support/world/migration-handle.ts";
import { migrationsPath } from "#support/world/migration-status.ts";
import { startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard } from "./story-migration.ts";
import { overlayOf } from "./traces.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("deletion");
});
afterAll(() => stage.close());

it("a migration deleted in the guard with policy Keep leaves an overlay without finalizer, and new pods serve from the destination too", async () => {
  const play = await startPlay(stage, "gone-keep");
  const { client } = stage.world;
  await play.migrate({ guard: longGuard, deletionPolicy: "Keep" });
  const { destination } = await play.reach("Guard");
  const path = `${migrationsPath}/${play.name}`;
  await client.remove(path);
  await eventually(`${play.name} is gone`, async () => (await client.get(path)) === undefined, {
    describe: async () => (await play.status()).message,
  });
  expect(await finalizersOf(client, play.overlayPath)).toEqual([]);
  expect((await client.get(play.overlayPath))?.metadata).not.toHaveProperty("deletionTimestamp");
  expect(await overlayOf(play)).toMatchObject({ primary: "destination", released: false });
  await play.restart("delete");
  const [sidecar] = await play.sidecars();
  expect(play.load?.counts().failuresByReason["http 503"]).toBeUndefined();
  expect(sidecar?.config.primaryIdentity.digest).toBe(destination?.digest);
  await play.close();
});
