import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { KubeCall } from "./kube-request.ts";
import { listAll } from "./listing.ts";
import { configMaps } from "./resources.ts";

const { signal } = new AbortController();
const place = { resource: configMaps, namespace: "search" };

/** A collection of so many objects; `expires`: the page that the server doesn't have any more, once. */
function serve(count: number, expires = -1) {
  const calls: KubeCall["query"][] = [];
  const request = async ({ query = {} }: KubeCall) => {
    calls.push(query);
    const from = Number(query["continue"] ?? 0);
    if (calls.length === expires) throw new OperatorError("ROP_EXPIRED", "list");
    const end = Math.min(count, from + Number(query["limit"]));
    const items = Array.from({ length: end - from }, (_, index) => ({ metadata: { name: String(from + index) } }));
    return { items, metadata: { resourceVersion: "1", ...(end < count ? { continue: String(end) } : {}) } };
  };
  return { request, calls };
}

describe("a list", () => {
  test("of ten thousand objects is read page by page, and only what is picked is kept", async () => {
    const { request, calls } = serve(10_001);
    const pick = ({ metadata }: { metadata?: { name?: string } }) => (metadata?.name === "10000" ? ["found"] : []);
    expect(await listAll(request, { place, query: { labelSelector: "a=b" } }, pick, signal)).toEqual(["found"]);
    expect(calls).toHaveLength(21);
    expect(new Set(calls.map((query) => `${query?.["limit"]} ${query?.["labelSelector"]}`))).toEqual(
      new Set(["500 a=b"]),
    );
  });

  test("whose snapshot is dropped between two pages begins anew, without what it had", async () => {
    const { request } = serve(1200, 2);
    const names = await listAll(request, { place }, ({ metadata }) => [metadata?.name], signal);
    expect(new Set(names).size).toBe(1200);
    expect(names).toHaveLength(1200);
  });
});
