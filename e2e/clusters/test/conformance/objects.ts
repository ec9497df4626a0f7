// Conformance: create, read, list, update, patch and delete of plain objects, and the refusals.
import { expect } from "vitest";
import { at } from "./client.ts";
import {
  type Checks,
  causeFields,
  createConfigMap,
  expectFailure,
  expectStatus,
  mergePatch,
  versionOf,
} from "./scene.ts";

export const creating: Checks = {
  "a created object carries the server's fields and is read back the same": async (scene) => {
    const name = scene.name("plain");
    const made = await createConfigMap(scene, { name }, { colour: "red" });
    expect(at(made, "metadata", "uid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(at(made, "metadata", "creationTimestamp")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(versionOf(made))).toBeGreaterThan(0);
    expect(await scene.ok("GET", `${scene.configMaps}/${name}`)).toEqual(made);
  },
  "a second object of the same name is refused as AlreadyExists": async (scene) => {
    const name = scene.name("twice");
    await createConfigMap(scene, { name });
    const status = await scene.refused("AlreadyExists", "POST", scene.configMaps, { body: { metadata: { name } } });
    expect(status["message"]).toBe(`configmaps "${name}" already exists`);
  },
  "a generated name begins with the prefix and is free": async (scene) => {
    const prefix = `${scene.name("made")}-`;
    const one = await createConfigMap(scene, { generateName: prefix });
    const two = await createConfigMap(scene, { generateName: prefix });
    expect(at(one, "metadata", "name")).toMatch(new RegExp(`^${prefix}[a-z0-9]{5}$`));
    expect(at(two, "metadata", "name")).not.toBe(at(one, "metadata", "name"));
  },
  "a name that is not a DNS subdomain is refused at metadata.name": async (scene) => {
    const reply = await scene.client.request("POST", scene.configMaps, { body: { metadata: { name: "Not_A_Name" } } });
    expect(causeFields(expectFailure(reply, 422, "Invalid"))).toEqual(["metadata.name"]);
  },
  "a dry run answers as a create and stores nothing": async (scene) => {
    const name = scene.name("dry");
    await scene.ok("POST", scene.configMaps, { query: { dryRun: "All" }, body: { metadata: { name } } });
    await scene.refused("NotFound", "GET", `${scene.configMaps}/${name}`);
  },
  "a value of the wrong type is refused as BadRequest": async (scene) => {
    const body = { metadata: { name: scene.name("typed") }, data: { number: 7 } };
    await scene.refused("BadRequest", "POST", scene.configMaps, { body });
  },
  "a create in a namespace that is not there is refused as NotFound": async (scene) => {
    const path = `/api/v1/namespaces/${scene.name("absent")}/configmaps`;
    await scene.refused("NotFound", "POST", path, { body: { metadata: { name: "x" } } });
  },
};

export const reading: Checks = {
  "a missing object is NotFound with its name and kind": async (scene) => {
    const status = await scene.refused("NotFound", "GET", `${scene.configMaps}/nowhere`);
    expect(status["details"]).toEqual({ name: "nowhere", kind: "configmaps" });
  },
  "a path in a group of Kubernetes' own that serves nothing is NotFound": async (scene) => {
    for (const path of ["/api/v1/things", "/api/v9/pods", "/apis/apps/v1/things", "/apis/apps/v9/deployments"])
      await scene.refused("NotFound", "GET", path);
  },
  "any other path that serves nothing is answered in plain words": async (scene) => {
    const paths = ["/apis/nobody.example/v1/things", "/apis/test.retriever.dev/v1/things", "/things"];
    for (const path of paths)
      expect(await scene.client.request("GET", path)).toEqual({ status: 404, body: { text: "404 page not found\n" } });
  },
  "the server tells its version": async (scene) => {
    const version = await scene.ok("GET", "/version");
    expect(version).toMatchObject({ major: "1", gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) as string });
  },
  "a wrong token is Unauthorized": async (scene) => {
    await scene.refused("Unauthorized", "GET", scene.configMaps, { token: "wrong" });
  },
  "a list in pages covers everything once, at one version": async (scene) => {
    const label = scene.name("page");
    for (const suffix of ["a", "b", "c"])
      await createConfigMap(scene, { name: `${label}-${suffix}`, labels: { set: label } });
    const query = { labelSelector: `set=${label}`, limit: "2" };
    const first = await scene.ok("GET", scene.configMaps, { query });
    await createConfigMap(scene, { name: `${label}-d`, labels: { set: label } });
    const rest = await scene.ok("GET", scene.configMaps, {
      query: { ...query, continue: String(at(first, "metadata", "continue")) },
    });
    const names = [first, rest].flatMap((page) =>
      (page["items"] as unknown[]).map((item) => at(item, "metadata", "name")),
    );
    expect(names).toEqual([`${label}-a`, `${label}-b`, `${label}-c`]);
    expect(versionOf(rest)).toBe(versionOf(first));
    expect(at(rest, "metadata", "continue") ?? "").toBe("");
  },
  "a list as metadata alone has nothing else in its items, and null instead of none": async (scene) => {
    const name = scene.name("meta");
    await createConfigMap(scene, { name, labels: { set: name } }, { a: "1" });
    const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    const ask = (set: string) =>
      scene.client.request("GET", scene.configMaps, { accept, query: { labelSelector: `set=${set}` } });
    const one = expectStatus(await ask(name), 200);
    expect(one).toMatchObject({ kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" });
    expect(at(one, "items", 0, "metadata", "name")).toBe(name);
    expect(at(one, "items", 0, "data")).toBeUndefined();
    expect(expectStatus(await ask(`${name}-none`), 200)["items"]).toBeNull();
  },
  "label selectors select by equality and by set": async (scene) => {
    const set = scene.name("select");
    await createConfigMap(scene, { name: `${set}-1`, labels: { set, tier: "gold" } });
    await createConfigMap(scene, { name: `${set}-2`, labels: { set, tier: "silver" } });
    await createConfigMap(scene, { name: `${set}-3`, labels: { set } });
    const found = async (selector: string) => {
      const list = await scene.ok("GET", scene.configMaps, { query: { labelSelector: `set=${set},${selector}` } });
      return (list["items"] as unknown[]).map((item) => String(at(item, "metadata", "name")).slice(-1)).join("");
    };
    expect(await found("tier=gold")).toBe("1");
    expect(await found("tier!=gold")).toBe("23");
    expect(await found("tier in (gold,silver)")).toBe("12");
    expect(await found("tier notin (gold)")).toBe("23");
    expect(await found("!tier")).toBe("3");
    expect(await found("tier")).toBe("12");
  },
  "a field selector on metadata.name selects one, on an unknown field is refused": async (scene) => {
    const name = scene.name("field");
    await createConfigMap(scene, { name });
    const list = await scene.ok("GET", scene.configMaps, { query: { fieldSelector: `metadata.name=${name}` } });
    expect(list["items"]).toHaveLength(1);
    await scene.refused("BadRequest", "GET", scene.configMaps, { query: { fieldSelector: "data.x=1" } });
  },
};

export const changing: Checks = {
  "an update from a version that is not the latest is a Conflict": async (scene) => {
    const name = scene.name("stale");
    const made = await createConfigMap(scene, { name });
    const path = `${scene.configMaps}/${name}`;
    const next = await scene.ok("PUT", path, { body: { ...made, data: { a: "1" } } });
    expect(Number(versionOf(next))).toBeGreaterThan(Number(versionOf(made)));
    const status = await scene.refused("Conflict", "PUT", path, { body: { ...made, data: { a: "2" } } });
    expect(status["message"]).toContain("the object has been modified");
  },
  "an update that changes nothing keeps the version": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("same") }, { a: "1" });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    const same = await scene.ok("PUT", path, { body: made });
    expect(versionOf(same)).toBe(versionOf(made));
  },
  "a merge patch removes what is null and checks a version it carries": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("merge") }, { a: "1", b: "2" });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    const body = { data: { a: null, c: "3" } };
    const next = await scene.ok("PATCH", path, { contentType: mergePatch, body });
    expect(next["data"]).toEqual({ b: "2", c: "3" });
    const stale = { metadata: { resourceVersion: versionOf(made) }, data: { d: "4" } };
    await scene.refused("Conflict", "PATCH", path, { contentType: mergePatch, body: stale });
  },
  "a patch of an unknown format is refused as UnsupportedMediaType": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("format") });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    await scene.refused("UnsupportedMediaType", "PATCH", path, { contentType: "application/json", body: {} });
  },
  "a delete under a wrong uid is a Conflict, under the right one a Success": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("uid") });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    const wrong = {
      kind: "DeleteOptions",
      apiVersion: "v1",
      preconditions: { uid: "00000000-0000-0000-0000-000000000000" },
    };
    await scene.refused("Conflict", "DELETE", path, { body: wrong });
    const right = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: at(made, "metadata", "uid") } };
    expect((await scene.ok("DELETE", path, { body: right }))["status"]).toBe("Success");
    await scene.refused("NotFound", "DELETE", path);
  },
};

export const finalizing: Checks = {
  "an object with a finalizer stays until the last finalizer is gone": async (scene) => {
    const name = scene.name("held");
    const path = `${scene.configMaps}/${name}`;
    await createConfigMap(scene, { name, finalizers: ["test.retriever.dev/hold"] });
    await scene.ok("DELETE", path);
    const held = await scene.ok("GET", path);
    expect(at(held, "metadata", "deletionTimestamp")).toBeDefined();
    const more = { metadata: { finalizers: ["test.retriever.dev/hold", "test.retriever.dev/late"] } };
    const late = await scene.refused("Invalid", "PATCH", path, { contentType: mergePatch, body: more });
    // The metadata of an update is looked at twice.
    expect(causeFields(late)).toEqual(["metadata.finalizers", "metadata.finalizers"]);
    await scene.ok("PATCH", path, { contentType: mergePatch, body: { metadata: { finalizers: null } } });
    await scene.refused("NotFound", "GET", path);
  },
};
