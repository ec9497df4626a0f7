// Conformance: custom resources - defaults, pruning, validation, CEL, generation, and the status subresource.
import { expect } from "vitest";
import { at, type Body, type Reply } from "./client.ts";
import {
  applyPatch,
  type Checks,
  causeFields,
  expectFailure,
  expectStatus,
  mergePatch,
  type Scene,
  versionOf,
} from "./scene.ts";
import { widget } from "./widget.ts";

function create(scene: Scene, name: string, spec: unknown): Promise<Reply> {
  return scene.client.request("POST", scene.widgets, { body: widget(name, spec) });
}

/** The widget after a merge patch of it or its status. */
function patched(scene: Scene, path: string, body: unknown): Promise<Body> {
  return scene.ok("PATCH", `${scene.widgets}/${path}`, { contentType: mergePatch, body });
}

/** The fields that a merge patch is Invalid for. */
async function invalidFields(scene: Scene, path: string, body: unknown): Promise<readonly unknown[]> {
  const patch = { contentType: mergePatch, body };
  return causeFields(await scene.refused("Invalid", "PATCH", `${scene.widgets}/${path}`, patch));
}

async function make(
  scene: Scene,
  prefix: string,
  spec: unknown = { size: 1 },
): Promise<{ readonly name: string; readonly made: Body }> {
  const name = scene.name(prefix);
  return { name, made: expectStatus(await create(scene, name, spec), 201) };
}

export const shaping: Checks = {
  "defaults are filled in, nested ones too": async (scene) => {
    const { made } = await make(scene, "default");
    expect(made["spec"]).toEqual({ size: 1, colour: "red", place: { room: "cellar", shelf: 3 } });
  },
  "a field the schema does not know is pruned, and kept where unknown fields are allowed": async (scene) => {
    const { made } = await make(scene, "prune", {
      size: 1,
      surprise: 1,
      place: { cat: 1 },
      free: { any: { thing: 1 } },
    });
    expect(made["spec"]).toEqual({
      size: 1,
      colour: "red",
      place: { room: "cellar", shelf: 3 },
      free: { any: { thing: 1 } },
    });
  },
  "an object without a kind is refused as BadRequest": async (scene) => {
    const body = { metadata: { name: scene.name("kindless") }, spec: { size: 1 } };
    await scene.refused("BadRequest", "POST", scene.widgets, { body });
  },
  "an int-or-string takes both and nothing else": async (scene) => {
    await make(scene, "int", { size: 1, either: 7 });
    await make(scene, "string", { size: 1, either: "7%" });
    expectFailure(await create(scene, scene.name("other"), { size: 1, either: true }), 422, "Invalid");
  },
};

async function refusedAt(scene: Scene, spec: unknown): Promise<string> {
  const status = expectFailure(await create(scene, scene.name("bad"), spec), 422, "Invalid");
  const fields = causeFields(status).filter((field) => field !== "<nil>");
  return `${fields.join(",")} | ${String(status["message"])}`;
}

export const validating: Checks = {
  "a value out of range, of a wrong type, too long, missing or not listed is Invalid at its field": async (scene) => {
    expect(await refusedAt(scene, { size: 0 })).toMatch(/^spec\.size \| .*should be greater than or equal to 1/);
    expect(await refusedAt(scene, { size: 11 })).toMatch(/^spec\.size \| .*should be less than or equal to 10/);
    expect(await refusedAt(scene, { size: "1" })).toMatch(/^spec\.size \| .*must be of type integer: "string"/);
    expect(await refusedAt(scene, {})).toMatch(/^spec\.size \| .*Required value/);
    expect(await refusedAt(scene, { size: 1, colour: "green" })).toMatch(
      /^spec\.colour \| .*Unsupported value: "green": supported values: "red", "blue"/,
    );
    expect(await refusedAt(scene, { size: 1, note: "much too long a note" })).toMatch(/^spec\.note \| .*Too long/);
    expect(await refusedAt(scene, { size: 1, stages: [{}] })).toMatch(/^spec\.stages\[0\]\.rate \| .*Required value/);
  },
  "a repeated key in a list-map is a duplicate": async (scene) => {
    expect(await refusedAt(scene, { size: 1, parts: [{ id: "a" }, { id: "a" }] })).toMatch(
      /^spec\.parts\[1\] \| .*Duplicate value/,
    );
  },
  "a CEL rule refuses with its message, its field path and its reason": async (scene) => {
    expect(await refusedAt(scene, { size: 6, colour: "blue" })).toMatch(
      /^spec \| .*a blue widget has size 5 at most, not 6/,
    );
    const status = expectFailure(await create(scene, scene.name("wide"), { size: 1, ratio: 0.8 }), 422, "Invalid");
    expect(causeFields(status)).toEqual(["spec.ratio"]);
    expect(at(status, "details", "causes", 0, "reason")).toBe("FieldValueForbidden");
    expect(await refusedAt(scene, { size: 1, stages: [{ rate: 0.1 }, { rate: 0.1 }] })).toMatch(
      /^spec\.stages \| .*rates must differ/,
    );
    await make(scene, "fine", { size: 2, ratio: 0.8, stages: [{ rate: 0.02 }, { rate: 1 }] });
  },
  "a transition rule compares with the stored value, also inside a list-map": async (scene) => {
    const { name } = await make(scene, "move", {
      size: 1,
      fixed: "a",
      parts: [
        { id: "x", weight: 2 },
        { id: "y", weight: 9 },
      ],
    });
    expect(await invalidFields(scene, name, { spec: { fixed: "b" } })).toEqual(["spec.fixed"]);
    const reordered = (weight: number) => ({
      spec: {
        parts: [
          { id: "y", weight: 9 },
          { id: "x", weight },
        ],
      },
    });
    await invalidFields(scene, name, reordered(1));
    await patched(scene, name, reordered(3));
    // A rule on a value that is not there is not asked.
    await patched(scene, name, { spec: { fixed: null } });
    await patched(scene, name, { spec: { fixed: "b" } });
  },
};

export const subresources: Checks = {
  "the generation rises with the spec alone": async (scene) => {
    const { name, made } = await make(scene, "generation");
    expect(at(made, "metadata", "generation")).toBe(1);
    const generation = async (path: string, body: unknown) =>
      at(await patched(scene, path, body), "metadata", "generation");
    expect(await generation(name, { metadata: { labels: { a: "b" } } })).toBe(1);
    expect(await generation(`${name}/status`, { status: { phase: "Up" } })).toBe(1);
    expect(await generation(name, { spec: { size: 2 } })).toBe(2);
  },
  "a write to the resource leaves the status alone, a write to the status leaves the rest alone": async (scene) => {
    const { name, made } = await make(scene, "status");
    const first = { ...made, status: { phase: "Sneaked" } };
    expect((await scene.ok("PUT", `${scene.widgets}/${name}`, { body: first }))["status"]).toBeUndefined();
    const both = { metadata: { labels: { a: "b" } }, spec: { size: 9 }, status: { phase: "Up" } };
    const after = await patched(scene, `${name}/status`, both);
    expect(after["status"]).toEqual({ phase: "Up" });
    expect(at(after, "spec", "size")).toBe(1);
    expect(at(after, "metadata", "labels")).toBeUndefined();
  },
  "a status update from a stale version is a Conflict": async (scene) => {
    const { name, made } = await make(scene, "race");
    const body = { ...made, status: { phase: "Up" } };
    await scene.ok("PUT", `${scene.widgets}/${name}/status`, { body });
    await scene.refused("Conflict", "PUT", `${scene.widgets}/${name}/status`, { body });
  },
  "a transition rule under status refuses a falling epoch, and the root's refuses a vanishing status": async (
    scene,
  ) => {
    const { name } = await make(scene, "epoch");
    await patched(scene, `${name}/status`, { status: { epoch: 3 } });
    expect(await invalidFields(scene, `${name}/status`, { status: { epoch: 2 } })).toEqual(["status.epoch"]);
    await invalidFields(scene, `${name}/status`, { status: null });
    expect(at(await patched(scene, `${name}/status`, { status: { epoch: 4 } }), "status", "epoch")).toBe(4);
  },
  "conditions applied by two managers live side by side": async (scene) => {
    const { name } = await make(scene, "conditions");
    const apply = (fieldManager: string, type: string, status: string) =>
      scene.client.request("PATCH", `${scene.widgets}/${name}/status`, {
        contentType: applyPatch,
        query: { fieldManager },
        body: {
          apiVersion: "test.retriever.dev/v1",
          kind: "Widget",
          metadata: { name },
          status: { conditions: [{ type, status }] },
        },
      });
    expectStatus(await apply("one", "Ready", "True"), 200);
    const both = expectStatus(await apply("two", "Safe", "True"), 200);
    expect(at(both, "status", "conditions")).toEqual([
      { type: "Ready", status: "True" },
      { type: "Safe", status: "True" },
    ]);
    const status = expectFailure(await apply("two", "Ready", "False"), 409, "Conflict");
    expect(causeFields(status)).toEqual(['.status.conditions[type="Ready"].status']);
  },
  "an update needs a version, and a strategic merge patch is refused": async (scene) => {
    const { name, made } = await make(scene, "unconditional");
    const body = { ...made, metadata: { name } };
    const status = await scene.refused("Invalid", "PUT", `${scene.widgets}/${name}`, { body });
    expect(causeFields(status)).toEqual(["metadata.resourceVersion"]);
    const strategic = { contentType: "application/strategic-merge-patch+json", body: { spec: { size: 2 } } };
    await scene.refused("UnsupportedMediaType", "PATCH", `${scene.widgets}/${name}`, strategic);
    expect(versionOf(await scene.ok("GET", `${scene.widgets}/${name}`))).toBe(versionOf(made));
  },
};
