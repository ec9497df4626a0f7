import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import { BodyTooLarge } from "#http/exchange.ts";
import type { KubeCall } from "./kube-request.ts";
import { listAll } from "./listing.ts";
import { configMaps } from "./resources.ts";

const { signal } = new AbortController();
const place = { resource: configMaps, namespace: "search" };

const details = (httpStatus: number) => ({ details: { httpStatus } });
const tooLarge = [
  new OperatorError("ROP_API_ANSWER_INVALID", "list: more than 33554432 bytes", { cause: new BodyTooLarge() }),
  new OperatorError("ROP_INVALID", "list (HTTP 413)", details(413)),
  new OperatorError(
    "ROP_API_UNAVAILABLE",
    "list: grpc: trying to send message larger than max (1 vs. 2)",
    details(500),
  ),
];

/** A collection of so many objects; `expires`: the page that the server doesn't have any more, once. */
function serve(count: number, expires = -1, mostItems = count) {
  const calls: KubeCall["query"][] = [];
  const request = async ({ query = {} }: KubeCall) => {
    calls.push(query);
    const from = Number(query["continue"] ?? 0);
    if (calls.length === expires) throw new OperatorError("ROP_EXPIRED", "list");
    if (Number(query["limit"]) > mostItems) throw tooLarge[calls.length % tooLarge.length];
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

  test.each([1, 7, 100, 499])(
    "of objects of which %i fit into a page is read whole, then in pages that fit",
    async (fits) => {
      const { request, calls } = serve(1200, -1, fits);
      const names = () => listAll(request, { place }, ({ metadata }) => [metadata?.name], signal);
      expect(new Set(await names()).size).toBe(1200);
      calls.splice(0);
      expect(await names()).toHaveLength(1200);
      const refused = calls.filter((query) => Number(query?.["limit"]) > fits);
      expect(refused.length).toBeLessThanOrEqual(2);
    },
  );

  test("of which one object is larger than any answer is refused as it was, and one of another fault at once", async () => {
    const { request, calls } = serve(3, -1, 0);
    await expect(listAll(request, { place }, () => [1], signal)).rejects.toThrow();
    expect(calls).toHaveLength(10);
    const fault = new OperatorError("ROP_FORBIDDEN", "list", details(403));
    const refuse = async () => Promise.reject(fault);
    await expect(listAll(refuse, { place }, () => [1], signal)).rejects.toBe(fault);
  });
});
