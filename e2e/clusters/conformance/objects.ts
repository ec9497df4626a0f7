// Conformance: create, read, list, update, patch and delete of plain objects, and the refusals.
import { expect } from "vitest";
import { at } from "./client.ts";
import {
  type Checks,
  causeFields,
  createConfigMap,
  expectFailure,
  expectStatus,
  jsonPatch,
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
    expect(expectStatus(await scene.client.request("GET", `${scene.configMaps}/${name}`), 200)).toEqual(made);
  },
  "a second object of the same name is refused as AlreadyExists": async (scene) => {
    const name = scene.name("twice");
    await createConfigMap(scene, { name });
    const status = expectFailure(
      await scene.client.request("POST", scene.configMaps, { body: { metadata: { name } } }),
      409,
      "AlreadyExists",
    );
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
    expectStatus(
      await scene.client.request("POST", scene.configMaps, { query: { dryRun: "All" }, body: { metadata: { name } } }),
      201,
    );
    expectFailure(await scene.client.request("GET", `${scene.configMaps}/${name}`), 404, "NotFound");
  },
  "a value of the wrong type is refused as BadRequest": async (scene) => {
    const body = { metadata: { name: scene.name("typed") }, data: { number: 7 } };
    expectFailure(await scene.client.request("POST", scene.configMaps, { body }), 400, "BadRequest");
  },
  "an unknown field is refused under strict validation": async (scene) => {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: scene.name("strict") }, surprise: true };
    const status = expectFailure(
      await scene.client.request("POST", scene.configMaps, { query: { fieldValidation: "Strict" }, body }),
      400,
      "BadRequest",
    );
    expect(status["message"]).toContain('unknown field "surprise"');
  },
  "a create in a namespace that is not there is refused as NotFound": async (scene) => {
    const path = `/api/v1/namespaces/${scene.name("absent")}/configmaps`;
    expectFailure(await scene.client.request("POST", path, { body: { metadata: { name: "x" } } }), 404, "NotFound");
  },
};

export const reading: Checks = {
  "a missing object is NotFound with its name and kind": async (scene) => {
    const status = expectFailure(await scene.client.request("GET", `${scene.configMaps}/nowhere`), 404, "NotFound");
    expect(status["details"]).toEqual({ name: "nowhere", kind: "configmaps" });
  },
  "a path in a group of Kubernetes' own that serves nothing is NotFound": async (scene) => {
    for (const path of ["/api/v1/things", "/api/v9/pods", "/apis/apps/v1/things", "/apis/apps/v9/deployments"])
      expectFailure(await scene.client.request("GET", path), 404, "NotFound");
  },
  "any other path that serves nothing is answered in plain words": async (scene) => {
    const paths = ["/apis/nobody.example/v1/things", "/apis/test.retriever.dev/v1/things", "/things"];
    for (const path of paths)
      expect(await scene.client.request("GET", path)).toEqual({ status: 404, body: { text: "404 page not found\n" } });
  },
  "a wrong token is Unauthorized": async (scene) => {
    expectFailure(await scene.client.request("GET", scene.configMaps, { token: "wrong" }), 401, "Unauthorized");
  },
  "a list in pages covers everything once, at one version": async (scene) => {
    const label = scene.name("page");
    for (const suffix of ["a", "b", "c"])
      await createConfigMap(scene, { name: `${label}-${suffix}`, labels: { set: label } });
    const query = { labelSelector: `set=${label}`, limit: "2" };
    const first = expectStatus(await scene.client.request("GET", scene.configMaps, { query }), 200);
    await createConfigMap(scene, { name: `${label}-d`, labels: { set: label } });
    const rest = expectStatus(
      await scene.client.request("GET", scene.configMaps, {
        query: { ...query, continue: String(at(first, "metadata", "continue")) },
      }),
      200,
    );
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
      const list = expectStatus(
        await scene.client.request("GET", scene.configMaps, { query: { labelSelector: `set=${set},${selector}` } }),
        200,
      );
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
    const list = expectStatus(
      await scene.client.request("GET", scene.configMaps, { query: { fieldSelector: `metadata.name=${name}` } }),
      200,
    );
    expect(list["items"]).toHaveLength(1);
    expectFailure(
      await scene.client.request("GET", scene.configMaps, { query: { fieldSelector: "data.x=1" } }),
      400,
      "BadRequest",
    );
  },
};

export const changing: Checks = {
  "an update from a version that is not the latest is a Conflict": async (scene) => {
    const name = scene.name("stale");
    const made = await createConfigMap(scene, { name });
    const path = `${scene.configMaps}/${name}`;
    const next = expectStatus(await scene.client.request("PUT", path, { body: { ...made, data: { a: "1" } } }), 200);
    expect(Number(versionOf(next))).toBeGreaterThan(Number(versionOf(made)));
    const status = expectFailure(
      await scene.client.request("PUT", path, { body: { ...made, data: { a: "2" } } }),
      409,
      "Conflict",
    );
    expect(status["message"]).toContain("the object has been modified");
  },
  "an update that changes nothing keeps the version": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("same") }, { a: "1" });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    const same = expectStatus(await scene.client.request("PUT", path, { body: made }), 200);
    expect(versionOf(same)).toBe(versionOf(made));
  },
  "a merge patch removes what is null and checks a version it carries": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("merge") }, { a: "1", b: "2" });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    const body = { data: { a: null, c: "3" } };
    const next = expectStatus(await scene.client.request("PATCH", path, { contentType: mergePatch, body }), 200);
    expect(next["data"]).toEqual({ b: "2", c: "3" });
    const stale = { metadata: { resourceVersion: versionOf(made) }, data: { d: "4" } };
    expectFailure(await scene.client.request("PATCH", path, { contentType: mergePatch, body: stale }), 409, "Conflict");
  },
  "a JSON patch whose test fails is Invalid and changes nothing": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("json") }, { a: "1" });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    const steps = (seen: string) => [
      { op: "test", path: "/data/a", value: seen },
      { op: "replace", path: "/data/a", value: "9" },
    ];
    expectFailure(
      await scene.client.request("PATCH", path, { contentType: jsonPatch, body: steps("2") }),
      422,
      "Invalid",
    );
    const next = expectStatus(
      await scene.client.request("PATCH", path, { contentType: jsonPatch, body: steps("1") }),
      200,
    );
    expect(next["data"]).toEqual({ a: "9" });
  },
  "a patch of an unknown format is refused as UnsupportedMediaType": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("format") });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    expectFailure(
      await scene.client.request("PATCH", path, { contentType: "application/json", body: {} }),
      415,
      "UnsupportedMediaType",
    );
  },
  "a delete under a wrong uid is a Conflict, under the right one a Success": async (scene) => {
    const made = await createConfigMap(scene, { name: scene.name("uid") });
    const path = `${scene.configMaps}/${String(at(made, "metadata", "name"))}`;
    const wrong = {
      kind: "DeleteOptions",
      apiVersion: "v1",
      preconditions: { uid: "00000000-0000-0000-0000-000000000000" },
    };
    expectFailure(await scene.client.request("DELETE", path, { body: wrong }), 409, "Conflict");
    const right = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: at(made, "metadata", "uid") } };
    expect(expectStatus(await scene.client.request("DELETE", path, { body: right }), 200)["status"]).toBe("Success");
    expectFailure(await scene.client.request("DELETE", path), 404, "NotFound");
  },
};

export const finalizing: Checks = {
  "an object with a finalizer stays until the last finalizer is gone": async (scene) => {
    const name = scene.name("held");
    const path = `${scene.configMaps}/${name}`;
    await createConfigMap(scene, { name, finalizers: ["test.retriever.dev/hold"] });
    expectStatus(await scene.client.request("DELETE", path), 200);
    const held = expectStatus(await scene.client.request("GET", path), 200);
    expect(at(held, "metadata", "deletionTimestamp")).toBeDefined();
    const more = { metadata: { finalizers: ["test.retriever.dev/hold", "test.retriever.dev/late"] } };
    const late = expectFailure(
      await scene.client.request("PATCH", path, { contentType: mergePatch, body: more }),
      422,
      "Invalid",
    );
    // The metadata of an update is looked at twice.
    expect(causeFields(late)).toEqual(["metadata.finalizers", "metadata.finalizers"]);
    expectStatus(
      await scene.client.request("PATCH", path, { contentType: mergePatch, body: { metadata: { finalizers: null } } }),
      200,
    );
    expectFailure(await scene.client.request("GET", path), 404, "NotFound");
  },
};
