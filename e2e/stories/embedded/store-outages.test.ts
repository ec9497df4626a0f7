// Stories in which a store is down or a credential is missing: pods stay in service, and the rollback path stays open.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { deploymentsPath, type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard } from "./story-migration.ts";
import { eventOf, writesDuringResync } from "./traces.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("store-outages");
});
afterAll(() => stage.close());

/** Waits until every pod has found the store unreachable. */
async function foundDown(play: Play, store: "source" | "destination"): Promise<void> {
  await eventually(`${play.name}: every pod finds the ${store} down`, async () =>
    (await play.sidecars()).every(({ stores }) => stores.find((view) => view.store === store)?.reachable === false),
  );
}

async function primaries(play: Play): Promise<string[]> {
  return (await play.sidecars()).map(({ config }) => config.primary);
}

describe.concurrent("with a store down", () => {
  it("no pod becomes unready in the guard while both stores are down", async () => {
    const play = await startPlay(stage, "both-down", { replicas: 2, ratePerSecond: 4 });
    await play.migrate({ guard: longGuard });
    await play.reach("Guard");
    // Which outage is seen first decides whether the operator goes back; the pods' health may not depend on it.
    const health = () =>
      play.pods().map(({ name, uid, ready, readySince, restarts }) => ({ name, uid, ready, readySince, restarts }));
    const before = health();
    play.source.shut();
    await play.destination.degrade.refuse();
    await Promise.all([foundDown(play, "source"), foundDown(play, "destination")]);
    const failed = play.load?.counts().failures ?? 0;
    await eventually("requests fail for seconds", async () => (play.load?.counts().failures ?? 0) >= failed + 16);
    expect(health()).toEqual(before);
    await play.close();
  });

  it("with the destination down in the guard, the operator rolls back by itself and pods come up meanwhile", async () => {
    const play = await startPlay(stage, "destination-down", { ratePerSecond: 12 });
    await play.migrate({ guard: longGuard, cutover: { hold: false } });
    await play.reach("Guard");
    await play.destination.degrade.refuse();
    await play.restart("kill");
    const status = await play.reach("RolledBack");
    expect(status.rollback).toMatchObject({ from: "Guard", actor: null });
    expect(status.rollback?.reason).toMatch(/^Harm/);
    expect((await eventOf(play, status.rollback?.reason ?? "")).type).toBe("Warning");
    expect(await primaries(play)).toEqual(["source"]);
    await play.scale(2);
    await play.ready(2);
    await play.settled();
    expect(await writesDuringResync(play)).toEqual([]);
    await play.close();
  });

  it("with the destination down in the warm-up, pods restart and scale up, nothing advances, and an Abort goes through", async () => {
    const play = await startPlay(stage, "shadow-down");
    await play.migrate({ stages: [{ sampleRate: 1, minDuration: "1h", minSamples: 10 }] });
    await play.reach("WarmUp");
    await play.destination.degrade.refuse();
    await play.restart("kill");
    await play.scale(2);
    await play.ready(2);
    await foundDown(play, "destination");
    expect((await play.status()).phase).toBe("WarmUp");
    await play.act("Abort");
    await play.reach("RolledBack");
    expect(await primaries(play)).toEqual(["source", "source"]);
    await play.close();
  });

  it("with the source down in the guard, pods restart and scale up on the destination, the rollback path is closed with a page, and nothing goes back by itself", async () => {
    const play = await startPlay(stage, "source-down");
    // The new primary is judged over at least 50 requests.
    await play.migrate({ guard: longGuard, rollback: { window: "10s", sustainedFor: "1s" } });
    await play.reach("Guard");
    play.source.shut();
    await play.restart("kill");
    await play.scale(2);
    await play.ready(2);
    await foundDown(play, "source");
    const closed = await play.conditionIs("RollbackReady", "False", "SourceFailing");
    expect(closed.phase).toBe("Guard");
    expect(await eventOf(play, "RollbackNotReady")).toMatchObject({ type: "Warning", severity: "page" });
    expect(await primaries(play)).toEqual(["destination", "destination"]);

    await play.destination.degrade.fail();
    const blocked = await eventOf(play, "RollbackBlocked");
    expect(blocked).toMatchObject({ type: "Warning", severity: "page" });
    expect(blocked.message).toContain("the rollback path is closed");
    const { phase, rollback } = await play.status();
    expect({ phase, rollback }).toEqual({ phase: "Guard", rollback: undefined });
    await play.close();
  });

  it("with the source down, a person's Rollback is carried out all the same", async () => {
    const play = await startPlay(stage, "rollback-to-down");
    await play.migrate({ guard: longGuard });
    await play.reach("Guard");
    play.source.shut();
    await foundDown(play, "source");
    await play.act("Rollback", "we know better");
    const status = await play.reach("RolledBack");
    expect(status.rollback).toMatchObject({ reason: "RollbackRequested", from: "Guard", actor: "admin" });
    expect(await primaries(play)).toEqual(["source"]);
    expect(play.pods().every(({ ready }) => ready)).toBe(true);
    play.source.open();
    const { requests = 0, failures = 0 } = play.load?.counts() ?? {};
    await eventually("requests are answered again", async () => {
      const now = play.load?.counts();
      return now !== undefined && now.requests - requests - (now.failures - failures) >= 10;
    });
    await play.close();
  });
});

describe.concurrent("with the shadow's credential missing", () => {
  it("new pods become ready and serve from the source, nothing advances, and an Abort goes through", async () => {
    const play = await startPlay(stage, "no-credential");
    await play.migrate({ stages: [{ sampleRate: 1, minDuration: "1h", minSamples: 10 }] });
    await play.reach("WarmUp");
    const [old] = play.pods();
    await withoutVariable(play, "RETRIEVER_CRED_QDRANT");
    await eventually("the pod is replaced", async () => play.pods().every(({ uid }) => uid !== old?.uid));
    await play.ready(1);
    // The phase is on record before the pod has the overlay with its sample rate.
    const sidecar = await eventually("the pod has the destination for its shadow", async () =>
      (await play.sidecars()).find(({ stores }) => stores.some(({ role }) => role === "shadow")),
    );
    const shadow = sidecar.stores.find(({ store }) => store === "destination");
    expect(shadow).toMatchObject({ role: "shadow", lastError: { code: "RETR_CREDENTIAL_MISSING" } });
    expect(sidecar.config).toMatchObject({ primary: "source", overlay: "in-force" });
    await play.restart("kill");
    await play.scale(2);
    await play.ready(2);
    expect((await play.status()).phase).toBe("WarmUp");
    await play.act("Abort");
    await play.reach("RolledBack");
    expect(await primaries(play)).toEqual(["source", "source"]);
    expect(play.load?.counts().failuresByReason["http 503"]).toBeUndefined();
    await play.close();
  });

  it("pods without the old store's credential start in the guard and serve from the destination, and the rollback path is closed", async () => {
    const play = await startPlay(stage, "no-old-credential");
    await play.migrate({ guard: longGuard });
    await play.reach("Guard");
    const [old] = play.pods();
    await withoutVariable(play, "PGVECTOR_URL");
    await eventually("the pod is replaced", async () => play.pods().every(({ uid }) => uid !== old?.uid));
    await play.ready(1);
    expect(await primaries(play)).toEqual(["destination"]);
    const status = await play.conditionIs("RollbackReady", "False", "SourceFailing");
    expect(status.phase).toBe("Guard");
    expect(conditionOf(status, "RollbackReady")?.message).toContain("PGVECTOR_URL");
    expect(play.load?.counts().failuresByReason["http 503"]).toBeUndefined();
    await play.close();
  });
});

type Container = { readonly env: readonly { readonly name: string }[] };

/** Takes a variable out of the pod template, as somebody who cleans up too early would. */
async function withoutVariable(play: Play, variable: string): Promise<void> {
  const path = `${deploymentsPath}/${play.name}`;
  const object = await stage.world.client.get(path);
  const { spec } = object as unknown as { spec: { template: { spec: { containers: readonly Container[] } } } };
  const containers = spec.template.spec.containers.map((container) => ({
    ...container,
    env: container.env.filter(({ name }) => name !== variable),
  }));
  await stage.world.client.mergePatch(path, { spec: { template: { spec: { containers } } } });
}
