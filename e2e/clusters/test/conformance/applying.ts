// Conformance: server-side apply - ownership, conflicts, force, removal, and who is named.
import { expect } from "vitest";
import { at, type Body, type Reply } from "./client.ts";
import {
  applyPatch,
  type Checks,
  causeFields,
  createConfigMap,
  expectFailure,
  expectStatus,
  mergePatch,
  type Scene,
  versionOf,
} from "./scene.ts";

type Applied = { readonly metadata?: Body; readonly data?: Body };

function apply(
  scene: Scene,
  name: string,
  fieldManager: string,
  parts: Applied & { readonly force?: boolean },
): Promise<Reply> {
  const { metadata, data, force } = parts;
  const body = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ...metadata, name },
    ...(data === undefined ? {} : { data }),
  };
  const query = { fieldManager, ...(force === true ? { force: "true" } : {}) };
  return scene.client.request("PATCH", `${scene.configMaps}/${name}`, { contentType: applyPatch, query, body });
}

/** The object after an apply that creates it. */
async function made(...request: Parameters<typeof apply>): Promise<Body> {
  return expectStatus(await apply(...request), 201);
}

/** The object after an apply that changes it. */
async function applied(...request: Parameters<typeof apply>): Promise<Body> {
  return expectStatus(await apply(...request), 200);
}

/** The Status of an apply that meets a conflict. */
async function conflicting(...request: Parameters<typeof apply>): Promise<Body> {
  return expectFailure(await apply(...request), 409, "Conflict");
}

function managers(object: Body): readonly string[] {
  return (at(object, "metadata", "managedFields") as unknown[])
    .map((entry) => `${String(at(entry, "manager"))}/${String(at(entry, "operation"))}`)
    .toSorted();
}

export const applying: Checks = {
  "an apply creates the object and owns what it states": async (scene) => {
    const fresh = await made(scene, scene.name("fresh"), "one", { data: { a: "1" } });
    const [entry] = at(fresh, "metadata", "managedFields") as readonly unknown[];
    expect(at(entry, "manager")).toBe("one");
    expect(at(entry, "operation")).toBe("Apply");
    expect(at(entry, "fieldsV1")).toEqual({ "f:data": { "f:a": {} } });
  },
  "an apply that changes nothing keeps the version": async (scene) => {
    const name = scene.name("again");
    const fresh = await made(scene, name, "one", { data: { a: "1" } });
    expect(versionOf(await applied(scene, name, "one", { data: { a: "1" } }))).toBe(versionOf(fresh));
  },
  "another manager's different value is a conflict that names manager and field": async (scene) => {
    const name = scene.name("clash");
    await made(scene, name, "one", { data: { a: "1" } });
    const status = await conflicting(scene, name, "two", { data: { a: "2" } });
    expect(causeFields(status)).toEqual([".data.a"]);
    expect(at(status, "details", "causes", 0, "reason")).toBe("FieldManagerConflict");
    expect(status["message"]).toBe('Apply failed with 1 conflict: conflict with "one": .data.a');
  },
  "force takes the field over, and the former owner then meets the conflict": async (scene) => {
    const name = scene.name("force");
    await made(scene, name, "one", { data: { a: "1" } });
    const taken = await applied(scene, name, "two", { data: { a: "2" }, force: true });
    expect(taken["data"]).toEqual({ a: "2" });
    expect(managers(taken)).toEqual(["two/Apply"]);
    expect((await conflicting(scene, name, "one", { data: { a: "1" } }))["message"]).toContain('"two"');
  },
  "the same value is owned by both, and goes only when the last owner drops it": async (scene) => {
    const name = scene.name("share");
    await made(scene, name, "one", { data: { a: "1", b: "1" } });
    expect(managers(await applied(scene, name, "two", { data: { a: "1" } }))).toEqual(["one/Apply", "two/Apply"]);
    expect((await applied(scene, name, "one", { data: { b: "1" } }))["data"]).toEqual({ a: "1", b: "1" });
    expect((await applied(scene, name, "two", { data: { c: "1" } }))["data"]).toEqual({ b: "1", c: "1" });
  },
  "a field edited by an update conflicts with the next apply, which names the editor": async (scene) => {
    const name = scene.name("edit");
    await made(scene, name, "one", { data: { a: "1" } });
    const path = `${scene.configMaps}/${name}`;
    const edited = await scene.client.request("PATCH", path, {
      contentType: mergePatch,
      query: { fieldManager: "kubectl-edit" },
      body: { data: { a: "9" } },
    });
    expect(managers(expectStatus(edited, 200))).toEqual(["kubectl-edit/Update"]);
    expect((await conflicting(scene, name, "one", { data: { a: "1" } }))["message"]).toContain(
      'conflict with "kubectl-edit" using v1',
    );
  },
  "finalizers are a set: each manager adds and removes its own": async (scene) => {
    const name = scene.name("set");
    const one = { finalizers: ["test.retriever.dev/one"] };
    await made(scene, name, "one", { metadata: one });
    const both = await applied(scene, name, "two", { metadata: { finalizers: ["test.retriever.dev/two"] } });
    expect(at(both, "metadata", "finalizers")).toEqual(["test.retriever.dev/one", "test.retriever.dev/two"]);
    const left = await applied(scene, name, "one", {});
    expect(at(left, "metadata", "finalizers")).toEqual(["test.retriever.dev/two"]);
    await applied(scene, name, "two", {});
  },
  "an apply leaves what others wrote alone": async (scene) => {
    const name = scene.name("leave");
    await createConfigMap(scene, { name, labels: { kept: "yes" } }, { theirs: "1" });
    const next = await applied(scene, name, "one", { data: { mine: "1" } });
    expect(next["data"]).toEqual({ theirs: "1", mine: "1" });
    expect(at(next, "metadata", "labels")).toEqual({ kept: "yes" });
  },
  "an apply without a field manager is Invalid": async (scene) => {
    const name = scene.name("nobody");
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
    const reply = await scene.client.request("PATCH", `${scene.configMaps}/${name}`, { contentType: applyPatch, body });
    expect(causeFields(expectFailure(reply, 422, "Invalid"))).toEqual(["fieldManager"]);
  },
  "a stale version in an applied configuration is a Conflict": async (scene) => {
    const name = scene.name("version");
    const fresh = await made(scene, name, "one", { data: { a: "1" } });
    await applied(scene, name, "one", { data: { a: "2" } });
    const metadata = { resourceVersion: versionOf(fresh) };
    await conflicting(scene, name, "one", { metadata, data: { a: "3" } });
  },
};
