// Stories of a migration that is deleted, wherever it stands: it goes, and what it leaves is what its documentation says.
// In the guard it is deleted in back.test.ts.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { sidecarOf } from "#support/world/pods.ts";
import type { StorySpec } from "../../embedded/story-migration.ts";
import { destinationBase, writeBase } from "../bases.ts";
import { type Play, startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("deleted");
}, 240_000);
afterAll(() => stage.close());

/** Deletes the migration and does what comes then; resolves when it is gone. */
async function removeMigration(play: Play, then?: (play: Play) => Promise<unknown>): Promise<void> {
  const { migrationPath, status } = play;
  await stage.client.remove(migrationPath);
  await then?.(play);
  await eventually("the migration is gone", async () => (await stage.client.get(migrationPath)) === undefined, {
    deadlineMs: 90_000,
    describe: async () => (await status()).message,
  });
}

/** Every pod follows its base alone; the digests of the stores they serve from. */
function followBase(play: Play): Promise<readonly string[]> {
  return eventually("every pod follows its base alone", async () => {
    const all = await Promise.all((await play.pods()).map(sidecarOf));
    return all.every(({ config }) => config.overlay === "absent") && all.map(({ base }) => base?.digest ?? "");
  });
}

const skip = { policy: "Skip" } as const;
const skipAll = { parity: skip, alerts: skip, approvals: skip, window: skip, staging: skip, smokeTests: skip };
const roles = [{ name: "sre-on-call", quorum: 1 }];
const short = { sampleRate: 0.9, minDuration: "1s", minSamples: 10 } as const;
const long = { ...short, sampleRate: 1, minDuration: "1h" } as const;

type Case = {
  readonly phase: MigrationStatus["phase"];
  readonly spec: StorySpec;
  /** What has to happen before it is created. */
  readonly before?: (play: Play) => Promise<void>;
  /** What has to happen for it to come there, and stay. */
  readonly on?: (play: Play) => Promise<unknown>;
  /** What has to happen, once it is deleted, for it to go. */
  readonly then?: (play: Play) => Promise<unknown>;
};

async function signalPods(play: Play, signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
  for (const pod of await play.pods()) await stage.signal(pod, signal);
}

const onTheWay: readonly Case[] = [
  { phase: "Pending", spec: { metrics: { source: "nobody-knows-it" } } },
  { phase: "Preflight", spec: {}, before: ({ destination }) => destination.degrade.refuse() },
  { phase: "AwaitingApproval", spec: { checklist: { ...skipAll, approvals: { policy: "Require", roles } } } },
  { phase: "WarmUp", spec: { stages: [long] } },
  { phase: "Ramp", spec: { stages: [short, long] } },
  { phase: "AwaitingCutover", spec: { cutover: { hold: true } } },
  {
    // A cutover ends once requests have resumed; nobody sends any.
    phase: "CuttingOver",
    spec: { cutover: { hold: true, validationTimeout: "30m" } },
    on: async (play) => {
      await play.reach("AwaitingCutover");
      await play.load.stop();
      await play.act("Promote");
    },
  },
  { phase: "Validated", spec: { mode: "Validate", validate: { duration: "1s" } } },
  {
    // A rollback ends once every pod has said that it is back; this one can't.
    phase: "RollingBack",
    spec: { stages: [long] },
    on: async (play) => {
      await play.reach("WarmUp");
      await play.load.stop();
      await signalPods(play, "SIGSTOP");
      await play.act("Abort");
    },
    then: (play) => signalPods(play, "SIGCONT"),
  },
  {
    phase: "RolledBack",
    spec: { stages: [long] },
    on: async (play) => {
      await play.reach("WarmUp");
      await play.act("Abort");
    },
  },
];

// One pod each beside the operator's two: so many have room on a machine of two processors.
describe.concurrent("on a real kubelet, a migration deleted", { timeout: 400_000 }, () => {
  it.each(onTheWay)("in $phase is gone with its overlay, and the pods serve from the source", async (one) => {
    const play = await startPlay(stage, `gone-${one.phase.toLowerCase()}`, { replicas: 1 });
    const [source] = await followBase(play);
    await one.before?.(play);
    await play.migrate(one.spec);
    await one.on?.(play);
    await play.reach(one.phase);
    await removeMigration(play, one.then);
    expect(await stage.client.get(play.overlayPath)).toBeUndefined();
    expect(await followBase(play)).toEqual([source]);
    await play.allServeFrom(source);
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });

  it("in Completed leaves pods and overlay as they are while the base names the source", async () => {
    const play = await startPlay(stage, "gone-completed", { replicas: 1 });
    await play.migrate();
    const { destination } = await play.reach("Completed");
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    await removeMigration(play);
    const overlay = await stage.client.get(play.overlayPath);
    expect(overlay?.metadata).not.toHaveProperty("finalizers");
    expect(overlay?.metadata).not.toHaveProperty("deletionTimestamp");
    await play.allServeFrom(destination?.digest);
    // What starts from now on serves from there as well.
    const before = await play.pods();
    for (const { name } of before) await stage.client.remove(`/api/v1/namespaces/${play.namespace}/pods/${name}`);
    await play.ready(1, before);
    await play.allServeFrom(destination?.digest);
    expect(await play.writesDuringResync()).toEqual([]);
    await play.close();
  });

  it("in Completed and settled leaves nothing, and the pods serve from the destination by their base", async () => {
    const play = await startPlay(stage, "gone-settled", { replicas: 1 });
    await play.migrate();
    const { destination } = await play.reach("Completed");
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    await writeBase(play, destinationBase(play));
    await play.settled();
    await removeMigration(play);
    expect(await stage.client.get(play.overlayPath)).toBeUndefined();
    expect(await followBase(play)).toEqual([destination?.digest]);
    await play.allServeFrom(destination?.digest);
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });
});
