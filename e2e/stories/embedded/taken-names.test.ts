// Stories in which somebody has made objects of the names that the operator writes, before it does: each of those names can
// be told beforehand, and nothing else of such an object says whose it is.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { configMapsPath, type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { skipAll } from "./story-migration.ts";
import { eventOf } from "./traces.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("taken-names");
});
afterAll(() => stage.close());

const theirs = { mine: "yes" };
const longWarmUp = [{ sampleRate: 1, minDuration: "1h", minSamples: 10 }];
/** More than the operator tries one after the other. */
const evidence = Array.from({ length: 60 }, (_, index) => `evidence-${String(index + 1).padStart(3, "0")}`);

function take(name: string): Promise<unknown> {
  const metadata = { name, namespace };
  return stage.world.client.create(configMapsPath, { apiVersion: "v1", kind: "ConfigMap", metadata, data: theirs });
}

const dataOf = async (name: string): Promise<unknown> =>
  ((await stage.world.client.get(`${configMapsPath}/${name}`)) as { data?: unknown } | undefined)?.data;

const startVerified = (name: string): Promise<Play> => startPlay(stage, name, { verifier: (usual) => usual });

describe.concurrent("names that somebody has taken", () => {
  it("of reports, differences and evidence stay theirs and are told of, and the migration goes on and comes back", async () => {
    const name = "reports-taken";
    const taken = ["drift", "report", ...evidence].map((end) => `${name}-${end}`);
    await Promise.all(taken.map(take));
    const play = await startVerified(name);
    const parity = { level: "payload", recheck: "2s", timeout: "60s" } as const;
    await play.migrate({ stages: longWarmUp, checklist: { ...skipAll, parity } });
    await play.reach("WarmUp");
    expect((await eventOf(play, "DifferencesNotKept")).message).toContain(`${name}-drift is somebody else's`);
    await play.act("Rollback");
    await play.reach("RolledBack");
    expect((await eventOf(play, "ReportNotKept")).message).toContain(`${name}-report is somebody else's`);
    const kept = await eventually("the evidence is kept under another name", async () => {
      const maps = await stage.world.client.list(configMapsPath);
      const names = maps.map(({ metadata }) => metadata.name);
      return names.filter((one) => one.startsWith(`${name}-evidence-`) && !taken.includes(one));
    });
    expect(kept).toHaveLength(1);
    for (const one of taken) expect(await dataOf(one)).toEqual(theirs);
    await play.close();
  });

  it("of an overlay keep its migration from beginning, until the name is free", async () => {
    const name = "overlay-taken";
    await take(`${name}-retriever-migration`);
    const play = await startPlay(stage, name);
    await play.migrate({ stages: longWarmUp });
    const held = await play.conditionIs("Ready", "False", "OverlayInForce");
    expect(held.message).toContain("somebody else's; rename or delete it");
    expect(await dataOf(`${name}-retriever-migration`)).toEqual(theirs);
    await stage.world.client.remove(play.overlayPath);
    await play.reach("WarmUp");
    await play.close();
  });
});
