// Two operators that don't know of each other, as of two releases that watch one namespace: each step is taken once.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namespace } from "#support/world/application-manifests.ts";
import { startOperator } from "#support/world/operator-process.ts";
import { type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard } from "./story-migration.ts";

let stage: Stage;
let stopSecond: () => Promise<unknown>;
beforeAll(async () => {
  stage = await openStage("two-operators");
  const second = await startOperator({
    kubeconfig: stage.world.cluster.api.kubeconfigPath("operator"),
    namespaces: [namespace],
    env: {
      ...process.env,
      RETRIEVER_LEADER_ELECTION: "false",
      RETRIEVER_RESYNC_MS: "400",
      RETRIEVER_CONCURRENCY: "16",
    },
  });
  stopSecond = second.stop;
});
afterAll(async () => {
  await stopSecond();
  await stage.close();
});

type Written = { readonly epoch: number; readonly primary: string; readonly text: string };

/** Every text that the overlay of a play had, in order. */
function followOverlay(play: Play): { readonly written: Written[]; readonly stop: () => void } {
  const written: Written[] = [];
  const stop = stage.world.cluster.api.store.subscribe(({ object }) => {
    const { metadata, data } = object as { metadata?: { name?: string }; data?: Readonly<Record<string, string>> };
    const text = data?.["migration.json"];
    if (text === undefined || !play.overlayPath.endsWith(`/${metadata?.name}`) || written.at(-1)?.text === text) return;
    const { revision, primary } = JSON.parse(text) as { revision: { epoch: number }; primary: string };
    written.push({ epoch: revision.epoch, primary, text });
  });
  return { written, stop };
}

describe.concurrent("two operators without a lease", () => {
  it.each(["Rollback", "Completed"] as const)(
    "cut over once and come to %s once, each epoch with one text",
    async (end) => {
      const play = await startPlay(stage, `two-${end.toLowerCase()}`, { replicas: 2 });
      const { written, stop } = followOverlay(play);
      await play.migrate(end === "Rollback" ? { guard: longGuard } : {});
      if (end === "Rollback") {
        await play.reach("Guard");
        await play.act("Rollback");
      }
      const status = await play.reach(end === "Rollback" ? "RolledBack" : "Completed");
      const served = end === "Rollback" ? status.source : status.destination;
      for (const { config } of await play.sidecars()) expect(config.primaryIdentity.digest).toBe(served?.digest);
      stop();
      const epochs = written.map(({ epoch }) => epoch);
      expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
      expect(new Set(epochs).size).toBe(epochs.length);
      const primaries = written.map(({ primary }) => primary);
      const turns = primaries.filter((primary, index) => index === 0 || primary !== primaries[index - 1]);
      expect(turns).toEqual(end === "Rollback" ? ["source", "destination", "source"] : ["source", "destination"]);
      expect(play.load?.counts().failuresByReason).toEqual({});
      await play.close();
    },
  );
});
