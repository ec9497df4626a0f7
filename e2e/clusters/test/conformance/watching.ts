// Conformance: watches from a version, with selectors, bookmarks, deadlines, and versions that are too old.
import { expect } from "vitest";
import { at, type Frame } from "./client.ts";
import { type Checks, createConfigMap, mergePatch, type Scene, versionOf } from "./scene.ts";
import { untilTestEnds } from "./until-test-ends.ts";

function about(name: string, type: string): (frame: Frame) => boolean {
  return (frame) => frame.type === type && at(frame.object, "metadata", "name") === name;
}

async function listVersion(scene: Scene, path: string): Promise<string> {
  return versionOf(await scene.ok("GET", path, { query: { limit: "1" } }));
}

export const watching: Checks = {
  "a watch from a list's version shows what came after, in order": async (scene) => {
    const name = scene.name("seen");
    const resourceVersion = await listVersion(scene, scene.configMaps);
    await createConfigMap(scene, { name });
    const stream = untilTestEnds(await scene.client.watch(scene.configMaps, { resourceVersion }));
    await stream.next(about(name, "ADDED"));
    const path = `${scene.configMaps}/${name}`;
    await scene.ok("PATCH", path, { contentType: mergePatch, body: { data: { a: "1" } } });
    const changed = await stream.next(about(name, "MODIFIED"));
    await scene.ok("DELETE", path);
    const gone = await stream.next(about(name, "DELETED"));
    expect(Number(versionOf(gone.object))).toBeGreaterThan(Number(versionOf(changed.object)));
  },
  "an object that stops matching a watch's selector is shown as DELETED, and as ADDED when it matches again": async (
    scene,
  ) => {
    const name = scene.name("match");
    const resourceVersion = await listVersion(scene, scene.configMaps);
    const stream = untilTestEnds(
      await scene.client.watch(scene.configMaps, { resourceVersion, labelSelector: `set=${name}` }),
    );
    await createConfigMap(scene, { name, labels: { set: name } });
    await stream.next(about(name, "ADDED"));
    const label = async (set: string | null) =>
      await scene.ok("PATCH", `${scene.configMaps}/${name}`, {
        contentType: mergePatch,
        body: { metadata: { labels: { set } } },
      });
    await label(null);
    await stream.next(about(name, "DELETED"));
    await label(name);
    expect((await stream.next(about(name, "ADDED"))).type).toBe("ADDED");
  },
  "a watch without a version begins with what exists": async (scene) => {
    const name = scene.name("exists");
    await createConfigMap(scene, { name });
    const stream = untilTestEnds(await scene.client.watch(scene.configMaps, {}));
    expect((await stream.next(about(name, "ADDED"))).type).toBe("ADDED");
  },
  "a watch ends at its deadline": async (scene) => {
    const resourceVersion = await listVersion(scene, scene.configMaps);
    const stream = await scene.client.watch(scene.configMaps, { resourceVersion, timeoutSeconds: "1" });
    await expect(stream.next(() => false)).rejects.toThrow("the stream ended");
  },
  "a watch from a version that is too old is told 410 Expired": async (scene) => {
    const stream = untilTestEnds(await scene.client.watch(scene.widgets, { resourceVersion: "1" }));
    const frame = await stream.next((one) => one.type === "ERROR");
    expect(frame.object["code"]).toBe(410);
    expect(frame.object["reason"]).toBe("Expired");
  },
  "a finalized deletion is seen as MODIFIED and then DELETED": async (scene) => {
    const name = scene.name("slow");
    const resourceVersion = await listVersion(scene, scene.configMaps);
    await createConfigMap(scene, { name, finalizers: ["test.retriever.dev/hold"] });
    const stream = untilTestEnds(await scene.client.watch(scene.configMaps, { resourceVersion }));
    const path = `${scene.configMaps}/${name}`;
    await scene.ok("DELETE", path);
    const marked = await stream.next(about(name, "MODIFIED"));
    expect(at(marked.object, "metadata", "deletionTimestamp")).toBeDefined();
    await scene.ok("PATCH", path, { contentType: mergePatch, body: { metadata: { finalizers: null } } });
    await stream.next(about(name, "DELETED"));
  },
};
