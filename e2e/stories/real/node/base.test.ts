// Stories about the application's own configuration: edited in mid-ramp, shared by two applications, renamed by Kustomize.
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { type Pod, sidecarOf } from "#support/world/pods.ts";
import { baseData, destinationBase, readBase, writeBase } from "../bases.ts";
import { applicationObjects } from "../objects.ts";
import { type Play, startPlay } from "../play.ts";
import { lastToServeFrom, readyPods, realPods } from "../pods.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("base");
}, 240_000);
afterAll(() => stage.close());

/** Long enough for the story to come in between. */
const stages = [{ sampleRate: 1, minDuration: "20s", minSamples: 10 }];
const answerSchema = z.object({ candidates: z.array(z.object({ similarity: z.number() })).min(1) });

/** The best similarity that a pod finds for a query. */
async function bestOf({ ip }: Pod): Promise<number> {
  const embedding = Array.from(stage.dataset.queryVector(0));
  const headers = { "content-type": "application/json" };
  const sent = { method: "POST", headers, body: JSON.stringify({ embedding, k: 1 }) } as const;
  const { body } = await request(`http://${ip}:7080/v1/retrieve`, { ...sent, signal: AbortSignal.timeout(5000) });
  return answerSchema.parse(await body.json()).candidates[0]?.similarity ?? Number.NaN;
}

/** Resolves with the stores' digests. */
async function completes(play: Play): Promise<{ readonly source: string; readonly destination: string }> {
  const { rollback, source, destination } = await play.reach("Completed");
  expect(rollback).toBeUndefined();
  await play.allServeFrom(destination?.digest);
  await play.conditionIs("Settled", "False", "BaseNotUpdated");
  return { source: source?.digest ?? "", destination: destination?.digest ?? "" };
}

/** The base has come to name the destination: nothing of the migration is left, and the pods stay where they are. */
async function settles(play: Play, destination: string): Promise<void> {
  await play.settled();
  await eventually("the overlay is gone", async () => (await stage.client.get(play.overlayPath)) === undefined);
  await play.allServeFrom(destination);
  for (const pod of await play.pods()) expect((await sidecarOf(pod)).config.overlay).toBe("absent");
}

// Seven pods at most beside the operator's two: so many have room on a machine of two processors.
describe.concurrent("on a real kubelet, a base", { timeout: 400_000 }, () => {
  it("that is tuned in mid-ramp takes effect in the pods and disturbs nobody", async () => {
    const play = await startPlay(stage, "tuned", { replicas: 1 });
    await play.migrate({ stages });
    await play.reach("WarmUp");
    const [pod] = await play.pods();
    if (pod === undefined) throw new Error("there is no pod");
    const usual = await bestOf(pod);
    const base = await readBase(play);
    await writeBase(play, { ...base, normalization: { strategy: "auto", targetRange: [0, 0.5] } });
    await eventually("the pod maps similarities onto half their range", async () => (await bestOf(pod)) < usual * 0.6);
    expect((await play.status()).phase).toBe("WarmUp");
    await completes(play);
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });

  it("that names another store in mid-ramp moves no pod; the migration stands still until it is put back, then goes on", async () => {
    const play = await startPlay(stage, "strayed", { replicas: 2 });
    await play.migrate({ stages });
    const { source } = await play.reach("WarmUp");
    const base = await readBase(play);
    await writeBase(play, { ...base, primary: { ...base.primary, table: "another_table" } });
    const held = await play.conditionIs("Ready", "False", "SourceChanged");
    expect(held.phase).toBe("WarmUp");
    expect(held.message).toContain("put it back");
    expect(conditionOf(held, "RollbackReady")).toMatchObject({ status: "False", reason: "SourceChanged" });
    await play.allServeFrom(source?.digest);
    await play.answered();
    await writeBase(play, base);
    await completes(play);
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });

  it("that two applications share moves only the one that migrates, and both once it names the destination", async () => {
    const play = await startPlay(stage, "shared", { replicas: 1 });
    const neighbour = await addNeighbour(play);
    await play.migrate();
    const { source, destination } = await completes(play);
    await lastToServeFrom(await neighbour(), source);
    for (const pod of await neighbour()) expect((await sidecarOf(pod)).config.overlay).toBe("absent");
    expect(await play.writesDuringResync()).toEqual([]);

    await writeBase(play, destinationBase(play));
    await settles(play, destination);
    await lastToServeFrom(await neighbour(), destination);
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });

  it("that Kustomize names by its content is found by its Deployment, and settles the migration when the next one names the destination", async () => {
    const play = await startPlay(stage, "renamed", { replicas: 1, baseName: "renamed-retriever-7f2k9t6h4m" });
    await play.migrate();
    const { destination } = await completes(play);
    expect(await play.writesDuringResync()).toEqual([]);
    const before = await play.pods();

    const next = "renamed-retriever-2c8bd5g9kf";
    const { deployment, base } = applicationObjects(play.application, play.namespace, next);
    const configMap = { ...base, data: baseData(destinationBase(play)) };
    await stage.client.create(`/api/v1/namespaces/${play.namespace}/configmaps`, configMap);
    const { volumes } = deployment.spec.template.spec;
    await stage.client.mergePatch(play.deploymentPath, { spec: { template: { spec: { volumes } } } });
    await play.ready(1, before);
    await stage.client.remove(play.basePath);
    await settles(play, destination);
    expect(await play.writesDuringResync()).toEqual([]);
    await play.close();
  });
});

/** A second Deployment below the same base; resolves with a look at its pods when they are ready. */
async function addNeighbour({ application, namespace }: Play): Promise<() => Promise<readonly Pod[]>> {
  const name = `${application.name}-too`;
  const { deployment } = applicationObjects({ ...application, name }, namespace, `${application.name}-retriever`);
  await stage.client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, deployment);
  const pods = () => realPods(stage.client, namespace, name);
  await readyPods(pods, application.replicas, []);
  return pods;
}
