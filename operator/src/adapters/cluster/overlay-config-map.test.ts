import { describe, expect, test } from "vitest";
import type { OverlayIntent } from "#core/model/workload.ts";
import { OperatorError } from "#errors.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { makeOverlayWrites } from "./overlay-config-map.ts";

const target = { namespace: "search", name: "search-api" };
const signal = new AbortController().signal;
type Sent = Pick<KubeCall, "method" | "place" | "body">;

/** Answers reads with a frozen overlay that has our finalizer, and remembers what was sent. */
function recorder(fault?: OperatorError) {
  const sent: Sent[] = [];
  const writes = makeOverlayWrites(async ({ method, place, body }) => {
    sent.push({ method, place, body });
    if (fault !== undefined) throw fault;
    const labels = { "retriever.dev/frozen": "true" };
    return { metadata: { finalizers: ["retriever.dev/overlay"], resourceVersion: "7", labels } };
  });
  return { sent, writes };
}

async function metadataOf(intent: OverlayIntent) {
  const { sent, writes } = recorder();
  await writes.applyOverlay(target, { text: "{}", intent, force: false }, signal);
  const applied = sent.at(-1)?.body as { metadata: { labels: object; annotations: object } } | undefined;
  return applied?.metadata ?? { labels: {}, annotations: {} };
}

const intent: OverlayIntent = { migrationUid: "u", epoch: 4, rollback: null };

describe("an overlay's ConfigMap", () => {
  test("outside a freeze carries neither its label nor its annotation", async () => {
    const { labels, annotations } = await metadataOf(intent);
    expect(Object.keys({ ...labels, ...annotations }).filter((key) => key.includes("frozen"))).toEqual([]);
  });

  test("in a freeze is labelled, and names the base", async () => {
    const { labels, annotations } = await metadataOf({ ...intent, frozen: "search-api-retriever" });
    expect(labels).toMatchObject({ "retriever.dev/frozen": "true" });
    expect(annotations).toMatchObject({ "retriever.dev/frozen-base": "search-api-retriever" });
  });

  test("in a freeze without a known base names none", async () => {
    const { labels, annotations } = await metadataOf({ ...intent, frozen: "" });
    expect(labels).toMatchObject({ "retriever.dev/frozen": "true" });
    expect(annotations).not.toHaveProperty(["retriever.dev/frozen-base"]);
  });

  test("left behind is thawed before it is let go", async () => {
    const { sent, writes } = recorder();
    await writes.releaseOverlay(target, false, signal);
    const frozen = { labels: { "retriever.dev/frozen": null }, annotations: { "retriever.dev/frozen-base": null } };
    expect(sent.map(({ method }) => method)).toEqual(["GET", "PATCH", "GET", "PATCH"]);
    expect(sent[1]?.body).toEqual({ metadata: { resourceVersion: "7", ...frozen } });
  });

  test("that is gone is let go all the same", async () => {
    const { writes } = recorder(new OperatorError("ROP_NOT_FOUND", "configmaps search/search-api-retriever-migration"));
    await expect(writes.releaseOverlay(target, false, signal)).resolves.toBeUndefined();
  });
});
