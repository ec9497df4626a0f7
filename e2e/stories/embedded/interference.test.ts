// Stories in which somebody else changes things: the base, the overlay, the API, or pods that don't listen.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard } from "./story-migration.ts";
import { eventOf, overlayOf, writesDuringResync } from "./traces.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("interference");
});
afterAll(() => stage.close());

const longWarmUp = [{ sampleRate: 1, minDuration: "1h", minSamples: 10 }];

function destinationAsBase(play: Play): object {
  const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
  const primary = { kind: "qdrant", url: play.destination.url, collection: "chunks", apiKey };
  return { data: { "retriever.json": JSON.stringify({ primary }) } };
}

function firstPod(play: Play): string {
  const [pod] = play.pods();
  if (pod === undefined) throw new Error("there is no pod");
  return pod.name;
}

describe.concurrent("when somebody interferes", () => {
  it("a base switched to the destination in the guard closes the rollback path, and no Rollback is called done until it is put back", async () => {
    const { client } = stage.world;
    const play = await startPlay(stage, "base-switched", { replicas: 2 });
    await play.migrate({ guard: longGuard });
    const { source } = await play.reach("Guard");
    const base = (await client.get(play.basePath)) as unknown as { data: Record<string, string> };
    await client.mergePatch(play.basePath, destinationAsBase(play));
    const changed = await play.conditionIs("RollbackReady", "False", "SourceChanged");
    expect(changed).toMatchObject({ phase: "Guard", source });
    expect(changed.message).toContain("put it back");
    await play.restart("kill");

    await play.act("Rollback");
    const rolling = await play.see("a pod that can't go back", (status) => status.message.includes("lagging"));
    expect(rolling.phase).toBe("RollingBack");
    await play.see("still rolling back", ({ acks }) => acks?.matched === 1 && acks.lagging.length === 1);
    const strayed = (await play.sidecars()).filter(({ config }) => config.primaryIdentity.digest !== source?.digest);
    expect(strayed).toHaveLength(1);

    await client.mergePatch(play.basePath, { data: base.data });
    const done = await play.reach("RolledBack");
    expect(conditionOf(done, "RolledBack")?.status).toBe("True");
    for (const { config } of await play.sidecars()) expect(config.primaryIdentity.digest).toBe(source?.digest);
    await play.close();
  });

  it("an overlay edited by hand to name another variable or host is refused by the pods and never followed by the operator", async () => {
    const play = await startPlay(stage, "overlay-edited");
    await play.migrate({ stages: longWarmUp });
    await play.reach("WarmUp");
    const written = await overlayOf(play);
    const edit = async (destination: object) => {
      const text = JSON.stringify({
        ...written,
        destination: { ...(written?.["destination"] as object), ...destination },
      });
      await stage.world.client.mergePatch(play.overlayPath, { data: { "migration.json": text } });
    };
    await edit({ apiKey: { fromEnv: "PGVECTOR_URL" } });
    const [refused] = await eventually("the pod refuses the variable", async () => {
      const all = await play.sidecars();
      return all.every(({ configFault }) => configFault !== null) ? all : false;
    });
    expect(refused?.configFault).toMatchObject({ code: "RETR_CONFIG_INVALID" });
    expect(refused?.configFault?.message).toContain("RETRIEVER_CRED_");
    expect(refused?.config).toMatchObject({ primary: "source", overlay: "in-force" });
    await play.conditionIs("Ready", "False", "OwnershipConflict");

    await edit({ url: "http://127.9.9.9:6333" });
    const [elsewhere] = await eventually("the pod refuses the host", async () => {
      const all = await play.sidecars();
      const isRefused = all.some(({ stores }) =>
        stores.some(({ lastError }) => lastError?.code === "RETR_HOST_NOT_ALLOWED"),
      );
      return isRefused ? all : false;
    });
    expect(elsewhere?.config.primary).toBe("source");
    expect((await play.status()).phase).toBe("WarmUp");
    expect(play.load?.counts().failuresByReason).toEqual({});
    await play.act("Abort");
    await play.reach("RolledBack");
    await play.close();
  });

  it("a status write that is refused while rolling back keeps no pod from going back, and is adopted afterwards", async () => {
    const play = await startPlay(stage, "status-refused", { replicas: 2 });
    await play.migrate({ guard: longGuard });
    const { source } = await play.reach("Guard");
    const { faults } = stage.world.cluster.api;
    const isOwnStatus = (request: { method: string; path: string }) =>
      request.method !== "GET" && request.path.endsWith("/retrievermigrations/status-refused/status");
    const heal = faults.add({ match: isOwnStatus, outcome: { status: 500 } });
    const asked = await play.kubectl("rollback", "--reason", "searches miss results");
    expect(asked.stdout).toContain("created: Rollback search/status-refused by admin");
    await eventually("every pod serves from the source", async () =>
      (await play.sidecars()).every(({ config }) => config.primaryIdentity.digest === source?.digest),
    );
    expect((await play.status()).phase).toBe("Guard");
    heal();
    const status = await play.reach("RolledBack");
    expect(status.rollback).toMatchObject({ reason: "RollbackRequested", from: "Guard", actor: "admin" });
    expect(status.rollback?.causes[0]).toContain("searches miss results");
    expect(await eventOf(play, "RollbackAdopted")).toMatchObject({ type: "Warning" });
    await play.settled();
    expect(await writesDuringResync(play)).toEqual([]);
    await play.close();
  });
});

describe.concurrent("a pod that never acknowledges", () => {
  it("holds the warm-up up, is named with a ticket, and no longer once it is replaced", async () => {
    const play = await startPlay(stage, "deaf-in-warm-up", { replicas: 2 });
    const deaf = firstPod(play);
    // The preflight can't be passed yet, so the pod falls deaf after the first epoch and before the second.
    await play.destination.degrade.refuse();
    await play.migrate({ cutover: { ackTimeout: "2s" }, stages: longWarmUp });
    await play.conditionIs("Reachable", "False", "Unreachable");
    await play.conditionIs("ConfigPropagated", "True");
    stage.world.cluster.runner.stallVolumes(deaf);
    await play.destination.degrade.restore();
    const late = await play.conditionIs("ConfigPropagated", "False", "AckTimeout");
    expect(late.phase).toBe("WarmUp");
    expect(late.acks).toMatchObject({ pods: 2, matched: 1, lagging: [deaf] });
    expect(late.message).toContain(deaf);
    expect(await eventOf(play, "AckTimeout")).toMatchObject({ type: "Warning", severity: "ticket" });
    await stage.world.client.remove(`/api/v1/namespaces/search/pods/${deaf}`);
    await play.see("the stage's clock runs", ({ stage: at }) => at?.startedAt !== undefined);
    await play.close();
  });

  it("turns the cutover back, is named while rolling back, and lets it be tried again once it listens", async () => {
    const play = await startPlay(stage, "deaf-in-cutover", { replicas: 2 });
    await play.migrate({ cutover: { hold: true, ackTimeout: "3s" }, guard: longGuard });
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    const deaf = firstPod(play);
    const { runner } = stage.world.cluster;
    await play.act("Promote");
    await play.see("the Promote is taken", ({ acts }) => acts?.promotedBy !== undefined);
    runner.freeze(deaf);
    const rolling = await play.reach("RollingBack");
    expect(rolling.rollback).toMatchObject({ reason: "AckTimeout", from: "CuttingOver", actor: null });
    expect(rolling.rollback?.causes[0]).toContain(deaf);
    await play.conditionIs("ConfigPropagated", "False", "AckTimeout");
    // Before it the cutover's own time-out is told, by a ticket.
    await eventOf(play, "AckTimeout", "page");
    expect((await play.status()).phase).toBe("RollingBack");
    runner.thaw(deaf);
    expect((await play.reach("AwaitingCutover")).takenBack).toMatchObject({ reason: "AckTimeout", times: 1 });
    for (const { config } of await play.sidecars()) expect(config.primary).toBe("source");
    await play.close();
  });
});
