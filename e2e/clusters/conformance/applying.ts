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

function managers(object: Body): readonly string[] {
  return (at(object, "metadata", "managedFields") as unknown[])
    .map((entry) => `${String(at(entry, "manager"))}/${String(at(entry, "operation"))}`)
    .toSorted();
}

export const applying: Checks = {
  "an apply creates the object and owns what it states": async (scene) => {
    const made = expectStatus(await apply(scene, scene.name("fresh"), "one", { data: { a: "1" } }), 201);
    const [entry] = at(made, "metadata", "managedFields") as readonly unknown[];
    expect(at(entry, "manager")).toBe("one");
    expect(at(entry, "operation")).toBe("Apply");
    expect(at(entry, "fieldsV1")).toEqual({ "f:data": { "f:a": {} } });
  },
  "an apply that changes nothing keeps the version": async (scene) => {
    const name = scene.name("again");
    const made = expectStatus(await apply(scene, name, "one", { data: { a: "1" } }), 201);
    expect(versionOf(expectStatus(await apply(scene, name, "one", { data: { a: "1" } }), 200))).toBe(versionOf(made));
  },
  "another manager's different value is a conflict that names manager and field": async (scene) => {
    const name = scene.name("clash");
    expectStatus(await apply(scene, name, "one", { data: { a: "1" } }), 201);
    const status = expectFailure(await apply(scene, name, "two", { data: { a: "2" } }), 409, "Conflict");
    expect(causeFields(status)).toEqual([".data.a"]);
    expect(at(status, "details", "causes", 0, "reason")).toBe("FieldManagerConflict");
    expect(status["message"]).toBe('Apply failed with 1 conflict: conflict with "one": .data.a');
  },
  "force takes the field over, and the former owner then meets the conflict": async (scene) => {
    const name = scene.name("force");
    expectStatus(await apply(scene, name, "one", { data: { a: "1" } }), 201);
    const taken = expectStatus(await apply(scene, name, "two", { data: { a: "2" }, force: true }), 200);
    expect(taken["data"]).toEqual({ a: "2" });
    expect(managers(taken)).toEqual(["two/Apply"]);
    expect(expectFailure(await apply(scene, name, "one", { data: { a: "1" } }), 409, "Conflict")["message"]).toContain(
      '"two"',
    );
  },
  "the same value is owned by both, and goes only when the last owner drops it": async (scene) => {
    const name = scene.name("share");
    expectStatus(await apply(scene, name, "one", { data: { a: "1", b: "1" } }), 201);
    expect(managers(expectStatus(await apply(scene, name, "two", { data: { a: "1" } }), 200))).toEqual([
      "one/Apply",
      "two/Apply",
    ]);
    expect(expectStatus(await apply(scene, name, "one", { data: { b: "1" } }), 200)["data"]).toEqual({
      a: "1",
      b: "1",
    });
    expect(expectStatus(await apply(scene, name, "two", { data: { c: "1" } }), 200)["data"]).toEqual({
      b: "1",
      c: "1",
    });
  },
  "a field edited by an update conflicts with the next apply, which names the editor": async (scene) => {
    const name = scene.name("edit");
    expectStatus(await apply(scene, name, "one", { data: { a: "1" } }), 201);
    const path = `${scene.configMaps}/${name}`;
    const edited = await scene.client.request("PATCH", path, {
      contentType: mergePatch,
      query: { fieldManager: "kubectl-edit" },
      body: { data: { a: "9" } },
    });
    expect(managers(expectStatus(edited, 200))).toEqual(["kubectl-edit/Update"]);
    expect(expectFailure(await apply(scene, name, "one", { data: { a: "1" } }), 409, "Conflict")["message"]).toContain(
      'conflict with "kubectl-edit" using v1',
    );
  },
  "finalizers are a set: each manager adds and removes its own": async (scene) => {
    const name = scene.name("set");
    const one = { finalizers: ["test.retriever.dev/one"] };
    expectStatus(await apply(scene, name, "one", { metadata: one }), 201);
    const both = expectStatus(
      await apply(scene, name, "two", { metadata: { finalizers: ["test.retriever.dev/two"] } }),
      200,
    );
    expect(at(both, "metadata", "finalizers")).toEqual(["test.retriever.dev/one", "test.retriever.dev/two"]);
    const left = expectStatus(await apply(scene, name, "one", {}), 200);
    expect(at(left, "metadata", "finalizers")).toEqual(["test.retriever.dev/two"]);
    expectStatus(await apply(scene, name, "two", {}), 200);
  },
  "an apply leaves what others wrote alone": async (scene) => {
    const name = scene.name("leave");
    await createConfigMap(scene, { name, labels: { kept: "yes" } }, { theirs: "1" });
    const next = expectStatus(await apply(scene, name, "one", { data: { mine: "1" } }), 200);
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
    const made = expectStatus(await apply(scene, name, "one", { data: { a: "1" } }), 201);
    expectStatus(await apply(scene, name, "one", { data: { a: "2" } }), 200);
    const metadata = { resourceVersion: versionOf(made) };
    expectFailure(await apply(scene, name, "one", { metadata, data: { a: "3" } }), 409, "Conflict");
  },
};
