// Stories in which somebody else deletes the operator's overlay: a tool that prunes what Git doesn't name, or a person.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { sidecarOf } from "#support/world/pods.ts";
import type { StorySpec } from "../../embedded/story-migration.ts";
import { breakGlass } from "../break-glass.ts";
import { type Play, startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("pruned");
}, 240_000);
afterAll(() => stage.close());

type Prune = (play: Play) => Promise<void>;

/** A deletion, as a pruning tool asks for it: the operator's finalizer stands in its way. */
const remove: Prune = ({ overlayPath }) => breakGlass(stage.client, { method: "DELETE", path: overlayPath });

/** A deletion by somebody who won't wait: the finalizer goes by force, and the overlay at once. */
const removeByForce: Prune = async ({ overlayPath }) => {
  const free = { metadata: { finalizers: null } };
  await breakGlass(stage.client, { method: "PATCH", path: overlayPath, body: free });
  await breakGlass(stage.client, { method: "DELETE", path: overlayPath });
};

/** Waits until there is an overlay that isn't the one of `uid` and that nobody deletes. */
function anotherOverlay({ overlayPath }: Play, uid: string | undefined): Promise<boolean> {
  return eventually("another overlay is there", async () => {
    const now = await stage.client.get(overlayPath);
    return now !== undefined && now.metadata.uid !== uid && !("deletionTimestamp" in now.metadata);
  });
}

/** Long enough for the story to come in between. */
const ramp: StorySpec = { stages: [{ sampleRate: 1, minDuration: "20s", minSamples: 10 }] };
const guard: StorySpec = { guard: { duration: "20s", deadline: "10m", minSamples: 1 } };

const prunings = [
  { what: "deleted in mid-ramp", name: "pruned-ramp", phase: "WarmUp", spec: ramp, prune: remove },
  { what: "deleted in the guard", name: "pruned-guard", phase: "Guard", spec: guard, prune: remove },
  { what: "deleted by force in mid-ramp", name: "forced-ramp", phase: "WarmUp", spec: ramp, prune: removeByForce },
  { what: "deleted by force in the guard", name: "forced-guard", phase: "Guard", spec: guard, prune: removeByForce },
] as const;

// Two pods each beside the operator's two: so many have room on a machine of two processors.
describe.concurrent("on a real kubelet, an overlay", { timeout: 400_000 }, () => {
  it.each(prunings)("$what comes back, no pod changes its store, and the migration goes on", async (pruning) => {
    const play = await startPlay(stage, pruning.name, { replicas: 2 });
    await play.migrate(pruning.spec);
    const { epoch } = await play.reach(pruning.phase);
    const before = await stage.client.get(play.overlayPath);
    const primaries = await primariesOf(play);
    await pruning.prune(play);
    await anotherOverlay(play, before?.metadata.uid);
    await play.answered();
    expect(await primariesOf(play)).toEqual(primaries);
    expect(await play.status()).toMatchObject({ phase: pruning.phase, epoch });
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    await play.allServeFrom(completed.destination?.digest);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });
});

async function primariesOf(play: Play): Promise<readonly string[]> {
  const digests = (await play.pods()).map(async (pod) => (await sidecarOf(pod)).config.primaryIdentity.digest);
  return Promise.all(digests);
}
