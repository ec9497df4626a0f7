// Stories that go forward: to Completed, with people in the way, with nobody there, and twice at once.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { conditionOf, migrationsPath, readStatus } from "#support/world/migration-status.ts";
import { configMapsPath, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { anyTime, longGuard, storyMigration } from "./story-migration.ts";
import { keptReport, overlayOf, writesDuringResync } from "./traces.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("completing");
});
afterAll(() => stage.close());

describe.concurrent("a migration that goes forward", () => {
  it("completes with a faster destination, settles once the base names it, and then writes nothing any more", async () => {
    const play = await startPlay(stage, "faster", { replicas: 2, ratePerSecond: 4 });
    play.source.slow(120);
    // The users' 80 ms, in either direction, would stand against every sample.
    await play.migrate({ thresholds: { ...anyTime, latencyDelta: { maxBadShare: 0.5 } } });
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    expect(completed.revision).toMatchObject({ primary: "destination", shadow: "none" });
    expect(conditionOf(completed, "GuardPassed")?.status).toBe("True");
    const digests = (await play.sidecars()).map(({ config }) => config.primaryIdentity.digest);
    expect(digests).toEqual([completed.destination?.digest, completed.destination?.digest]);
    await play.conditionIs("Settled", "False", "BaseNotUpdated");
    await keptReport(play);
    expect(await writesDuringResync(play)).toEqual([]);

    const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
    const primary = { kind: "qdrant", url: play.destination.url, collection: "chunks", apiKey };
    await stage.world.client.mergePatch(play.basePath, { data: { "retriever.json": JSON.stringify({ primary }) } });
    await play.settled();
    expect(await overlayOf(play)).toBeUndefined();
    expect(await keptReport(play)).toMatchObject({ result: { phase: "Completed" }, evidence: { fault: null } });
    expect(await writesDuringResync(play)).toEqual([]);
    expect(play.load?.counts().failuresByReason).toEqual({});
    await play.close();
  });

  it("is Completed/AlreadyAtDestination when source and destination are the same store, with nothing written", async () => {
    const play = await startPlay(stage, "same-store", {
      ratePerSecond: 0,
      qdrantKey: stage.qdrant.apiKey ?? null,
    });
    const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
    const primary = { kind: "qdrant", url: play.destination.url, collection: "chunks", apiKey };
    await stage.world.client.mergePatch(play.basePath, { data: { "retriever.json": JSON.stringify({ primary }) } });
    await eventually("the pod serves from Qdrant", async () => (await play.sidecars())[0]?.base?.kind === "qdrant");
    await play.migrate();
    const status = await play.conditionIs("Settled", "True");
    expect(status.phase).toBe("Completed");
    expect(status.history.at(-1)?.reason).toBe("AlreadyAtDestination");
    expect(status.message).toContain("nothing was changed");
    expect(await overlayOf(play)).toBeUndefined();
    expect(play.pods().map(({ annotations }) => annotations["retriever.dev/config-epoch"])).toEqual([undefined]);
    const object = await stage.world.client.get(`${migrationsPath}/same-store`);
    expect(object?.metadata).not.toHaveProperty("finalizers");
    expect(await writesDuringResync(play)).toEqual([]);
    await play.close();
  });

  it("stands still while paused, goes on when resumed, cuts over when promoted, and says all that in its status", async () => {
    const play = await startPlay(stage, "people");
    await play.migrate({
      guard: longGuard,
      cutover: { hold: true },
      stages: [{ sampleRate: 1, minDuration: "3s", minSamples: 10 }],
    });
    await play.reach("WarmUp");
    expect((await play.kubectl("pause", "--reason", "lunch")).stdout).toContain("Pause search/people by admin");
    await play.conditionIs("Paused", "True", "PausedByPerson");
    await play.see("more samples than the stage asks for", ({ gates }) => (gates[0]?.n ?? 0) >= 40);
    expect((await play.status()).phase).toBe("WarmUp");
    expect((await play.kubectl("status")).stdout).toMatch(
      /^people +WarmUp, stage 1 of 1 at 100 ?% +serving pgvector +Paused/,
    );

    await play.kubectl("resume");
    await play.reach("AwaitingCutover");
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    const { exitCode, stdout: waiting } = await play.kubectl("status");
    expect(exitCode).toBe(3);
    expect(waiting).toContain("create a Promote act to cut over");
    expect(waiting).toContain("pgvector -> qdrant");

    await play.kubectl("promote", "--reason", "the gates are green");
    await play.reach("Guard");
    const { stdout: guarding } = await play.kubectl("status");
    expect(guarding).toMatch(/GUARD +clocks +watched/);
    expect(guarding).toMatch(/CONFIG +epoch \d+ +1 of 1 pod confirmed, serving qdrant/);
    const json = JSON.parse((await play.kubectl("status", "-o", "json")).stdout) as { status: { phase: string } };
    expect(json.status.phase).toBe("Guard");
    await play.close();
  });

  it("is rolled back by an Abort in AwaitingCutover, and a finished migration refuses further acts", async () => {
    const play = await startPlay(stage, "abort");
    await play.migrate({ cutover: { hold: true } });
    await play.reach("AwaitingCutover");
    await play.kubectl("abort", "--reason", "not today");
    const status = await play.reach("RolledBack");
    expect(status.rollback).toMatchObject({ reason: "Aborted", from: "AwaitingCutover", actor: "admin" });
    expect(status.rollback?.causes[0]).toContain("not today");
    await play.settled();
    await keptReport(play);
    expect(await writesDuringResync(play)).toEqual([]);
    await stage.world.client.remove(`${configMapsPath}/${play.name}-evidence-001`);
    const unproved = await play.kubectl("report", "-o", "json");
    expect(unproved).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("nothing proves it") });
    expect(JSON.parse(unproved.stdout)).toMatchObject({ result: { phase: "RolledBack", isFinal: true } });
    const { exitCode, stderr } = await play.kubectl("promote");
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("a migration in phase RolledBack never runs again"),
    });
    await play.close();
  });

  it("waits in Pending with zero pods and goes on once there is one", async () => {
    const play = await startPlay(stage, "zero-pods", { replicas: 0 });
    await play.migrate();
    const pending = await play.see("NoPods", (status) => conditionOf(status, "Ready")?.reason === "NoPods");
    expect(pending.phase).toBe("Pending");
    expect(pending.message).toContain("no pod with a running sidecar");
    expect(await overlayOf(play)).toBeUndefined();
    await play.scale(1);
    await play.reach("Completed");
    await play.close();
  });

  it("stops its guard's clock while scaled to zero pods and doesn't complete unseen", async () => {
    const play = await startPlay(stage, "zero-in-guard");
    await play.migrate({ guard: { ...longGuard, duration: "20s" } });
    await play.reach("Guard");
    await play.scale(0);
    await play.ready(0);
    const before = await play.see("blind", ({ guard }) => (guard?.unobservedSeconds ?? 0) > 0);
    const blind = await play.see("longer blind", ({ guard }) => (guard?.unobservedSeconds ?? 0) >= 3);
    expect(blind.phase).toBe("Guard");
    expect(blind.guard?.watchedSeconds).toBe(before.guard?.watchedSeconds);
    await play.scale(1);
    const [pod] = await play.ready(1);
    expect(pod).toBeDefined();
    const [sidecar] = await play.sidecars();
    expect(sidecar?.config.primary).toBe("destination");
    await play.close();
  });

  it("refuses a second migration on a claimed target, and lets it in once the first has ended", async () => {
    const play = await startPlay(stage, "claimed");
    await play.migrate({ guard: longGuard, cutover: { hold: true } });
    await play.reach("WarmUp");
    const { url } = play.destination;
    const destination = { kind: "qdrant", url, collection: "other" } as const;
    const second = storyMigration({ name: "claimed-too", target: "claimed", destination });
    await stage.world.client.create(migrationsPath, second);
    const refused = await eventually("the second is refused", async () => {
      const status = await readStatus(stage.world.client, "claimed-too");
      return conditionOf(status, "Ready")?.reason === "TargetClaimed" ? status : false;
    });
    expect(refused.phase).toBe("Pending");
    expect(refused.message).toMatch(/^migration claimed \(\w+\) has this target/);
    const object = await stage.world.client.get(
      `/apis/retriever.dev/v1alpha1/namespaces/${namespace}/retrievermigrations/claimed-too`,
    );
    expect(object?.metadata).not.toHaveProperty("finalizers");
    await play.act("Abort");
    await play.reach("RolledBack");
    await eventually("the second goes on", async () => {
      const status = await readStatus(stage.world.client, "claimed-too");
      return status.phase === "Preflight";
    });
    await stage.world.client.remove(`${migrationsPath}/claimed-too`);
    await play.close();
  });
});
