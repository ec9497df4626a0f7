// Writes of overlays and pods hold only for the version that was read: nothing that came in between is passed over.
import { describe, expect, test } from "vitest";
import { makeClusterWrites } from "#adapters/cluster/cluster-writes.ts";
import { makeOverlayWrites } from "#adapters/cluster/overlay-config-map.ts";
import { OperatorError } from "#errors.ts";
import type { KubeCall } from "./kube-request.ts";

const { signal } = new AbortController();
const target = { namespace: "search", name: "app" };
const overlay = { text: "{}", intent: { migrationUid: "u", epoch: 2, rollback: null }, force: true };

/** An API that holds one object and gives it a new version with each write of somebody else. */
function arrange(version: number | undefined) {
  const state = { version, refuse: [] as OperatorError[], afterRead: () => undefined as unknown };
  const calls: KubeCall[] = [];
  const request = async (call: KubeCall): Promise<unknown> => {
    calls.push(call);
    const object = () => ({ metadata: { name: "app", uid: "uid-1", resourceVersion: String(state.version) } });
    if (call.method === "GET") {
      const answer = state.version === undefined ? undefined : object();
      state.afterRead();
      if (call.place.name === undefined) return { metadata: {}, items: answer === undefined ? [] : [answer] };
      if (answer === undefined) throw new OperatorError("ROP_NOT_FOUND", "it");
      return answer;
    }
    const refusal = state.refuse.shift();
    if (refusal !== undefined) throw refusal;
    if (call.method === "POST" && state.version !== undefined) throw new OperatorError("ROP_CONFLICT", "it is there");
    const { metadata } = call.body as { readonly metadata: { readonly resourceVersion?: string } };
    if (call.method === "PATCH" && metadata.resourceVersion !== String(state.version))
      throw new OperatorError("ROP_CONFLICT", "another version");
    state.version = (state.version ?? 0) + 1;
    return object();
  };
  const sent = () => calls.map(({ method }) => method);
  const once = (act: () => void) => {
    state.afterRead = () => {
      state.afterRead = () => undefined;
      act();
    };
  };
  const bump = () => void (state.version = (state.version ?? 0) + 1);
  return { state, calls, sent, once, bump, overlays: makeOverlayWrites(request), writes: makeClusterWrites(request) };
}

describe("an overlay", () => {
  test("is applied to exactly the object that was read", async () => {
    const { overlays, calls, sent } = arrange(7);
    await overlays.applyOverlay(target, overlay, signal);
    expect(sent()).toEqual(["GET", "PATCH"]);
    expect(calls[1]).toMatchObject({
      query: { force: "true" },
      body: { metadata: { uid: "uid-1", resourceVersion: "7" }, data: { "migration.json": "{}" } },
    });
  });

  test("that somebody changed in between is read again, even by force", async () => {
    const { overlays, sent, once, bump } = arrange(7);
    once(bump);
    await overlays.applyOverlay(target, overlay, signal);
    expect(sent()).toEqual(["GET", "PATCH", "GET", "PATCH"]);
  });

  test("that isn't there is created empty, and gives way to one that somebody else created first", async () => {
    const fresh = arrange(undefined);
    await fresh.overlays.applyOverlay(target, overlay, signal);
    expect(fresh.sent()).toEqual(["GET", "POST", "PATCH"]);
    expect(fresh.calls[1]?.body).not.toHaveProperty("data");
    const late = arrange(undefined);
    late.once(late.bump);
    await late.overlays.applyOverlay(target, overlay, signal);
    expect(late.sent()).toEqual(["GET", "POST", "GET", "PATCH"]);
  });

  test("that always changes is given up, and so is one of another manager at once", async () => {
    const { overlays, state, sent, bump } = arrange(7);
    state.afterRead = bump;
    await expect(overlays.applyOverlay(target, overlay, signal)).rejects.toMatchObject({ code: "ROP_CONFLICT" });
    expect(sent().length).toBe(8);
    const owned = arrange(7);
    owned.state.refuse = [new OperatorError("ROP_FIELD_CONFLICT", "flux owns it")];
    await expect(owned.overlays.applyOverlay(target, overlay, signal)).rejects.toMatchObject({
      code: "ROP_FIELD_CONFLICT",
    });
    expect(owned.sent()).toEqual(["GET", "PATCH"]);
  });
});

describe("a pod", () => {
  test("is annotated as it was read, and read again when it changed in between", async () => {
    const { writes, calls, sent, once, bump } = arrange(3);
    once(bump);
    await writes.annotatePod("search", "app", 5, signal);
    expect(sent()).toEqual(["GET", "PATCH", "GET", "PATCH"]);
    expect(calls[0]?.query).toMatchObject({ fieldSelector: "metadata.name=app" });
    expect(calls[3]?.body).toEqual({
      metadata: { uid: "uid-1", resourceVersion: "4", annotations: { "retriever.dev/config-epoch": "5" } },
    });
  });

  test("that is gone is not found", async () => {
    const { writes } = arrange(undefined);
    await expect(writes.annotatePod("search", "app", 5, signal)).rejects.toMatchObject({ code: "ROP_NOT_FOUND" });
  });
});
