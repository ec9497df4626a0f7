// The load generator against small HTTP servers: what it sends, counts and how it ends.
import { createServer, type RequestListener } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { listen } from "#support/http-server.ts";
import { loadDataset } from "../dataset/read.ts";
import { type LoadResult, startLoad } from "./load.ts";

const dataset = loadDataset();
const queries = dataset.queries.slice(0, 5).map((_, row) => ({ embedding: dataset.queryVector(row) }));
const good = JSON.stringify({
  candidates: [{ chunkId: "c", entityId: "e", similarity: 0.5, updatedAt: null }],
  vectorMs: 1,
});

async function serve(listener: RequestListener): Promise<string> {
  const { url, close } = await listen(createServer(listener));
  onTestFinished(close);
  return url;
}

describe("the load", () => {
  it("sends every query in turns to every endpoint, and ends at its count", async () => {
    const bodies: string[] = [];
    const listener: RequestListener = (request, response) => {
      let body = `${request.method} ${request.url} `;
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        bodies.push(body);
        response.end(good);
      });
    };
    const endpoints = [await serve(listener), await serve(listener)];
    const results: LoadResult[] = [];
    const load = startLoad({
      endpoints: () => endpoints,
      queries,
      ratePerSecond: 1000,
      k: 7,
      maxRequests: 20,
      onResult: (result) => results.push(result),
    });
    await expect(load.ended).resolves.toMatchObject({
      requests: 20,
      failures: 0,
      skipped: 0,
      firstFailureAt: undefined,
    });
    expect(endpoints.map((url) => results.filter(({ endpoint }) => endpoint === url).length)).toEqual([10, 10]);
    expect(new Set(results.map(({ query }) => query))).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(results[0]?.answer?.candidates[0]?.chunkId).toBe("c");
    const first = bodies.find((body) => body.includes(JSON.stringify([...dataset.queryVector(0)])));
    expect(first).toMatch(/^POST \/v1\/retrieve \{"embedding":\[.*\],"k":7\}$/);
  });

  it("keeps its rate whatever the answers take", async () => {
    const held: (() => void)[] = [];
    const url = await serve((_, response) => {
      held.push(() => response.end(good));
      if (held.length === 10) for (const release of held) release();
    });
    const load = startLoad({ endpoints: () => [url], queries, ratePerSecond: 500, k: 1, maxRequests: 10 });
    await expect(load.ended).resolves.toMatchObject({ requests: 10, failures: 0 });
  });

  it("counts what isn't a 2xx, what can't be connected to and what is no answer, with the times of the first and last", async () => {
    const { url: refused, close } = await listen(createServer());
    await close();
    const failing = await serve((_, response) => response.writeHead(503).end());
    const babbling = await serve((_, response) => response.end("{}"));
    const endpoints = [refused, failing, babbling, await serve((_, response) => response.end(good))];
    const before = Date.now();
    const load = startLoad({ endpoints: () => endpoints, queries, ratePerSecond: 1000, k: 1, maxRequests: 8 });
    const counts = await load.ended;
    expect(counts).toMatchObject({
      requests: 8,
      failures: 6,
      failuresByReason: { ECONNREFUSED: 2, "http 503": 2, "bad answer": 2 },
    });
    expect(counts.firstFailureAt).toBeGreaterThanOrEqual(before);
    expect(counts.lastFailureAt).toBeGreaterThanOrEqual(counts.firstFailureAt ?? Infinity);
  });

  it("counts requests without any endpoint as failures", async () => {
    const load = startLoad({ endpoints: () => [], queries, ratePerSecond: 1000, k: 1, maxRequests: 3 });
    await expect(load.ended).resolves.toMatchObject({ requests: 3, failuresByReason: { "no endpoint": 3 } });
  });

  it("gives up on an answer after its deadline", async () => {
    const url = await serve(() => undefined);
    const load = startLoad({
      endpoints: () => [url],
      queries,
      ratePerSecond: 1000,
      k: 1,
      maxRequests: 2,
      deadlineMs: 50,
    });
    await expect(load.ended).resolves.toMatchObject({ requests: 2, failuresByReason: { timeout: 2 } });
  });

  it("skips what is due while too many are under way", async () => {
    const url = await serve(() => undefined);
    const load = startLoad({
      endpoints: () => [url],
      queries,
      ratePerSecond: 1000,
      k: 1,
      maxRequests: 10,
      maxInFlight: 3,
      deadlineMs: 300,
    });
    await expect(load.ended).resolves.toMatchObject({ requests: 3, skipped: 7 });
  });

  it("stops when told, after the answers that are under way", async () => {
    const seen = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      seen.resolve();
      response.end(good);
    });
    const load = startLoad({ endpoints: () => [url], queries, ratePerSecond: 200, k: 1 });
    await seen.promise;
    const counts = await load.stop();
    expect(counts.requests).toBeGreaterThan(0);
    expect(counts.failures).toBe(0);
    await expect(load.stop()).resolves.toEqual(counts);
    expect(load.counts()).toEqual(counts);
  });

  it("ends by itself after its time", async () => {
    const url = await serve((_, response) => response.end(good));
    const load = startLoad({ endpoints: () => [url], queries, ratePerSecond: 100, k: 1, maxSeconds: 0.1 });
    const { requests } = await load.ended;
    expect(requests).toBeGreaterThan(5);
    // A late timer is made up for, so a busy machine sends more than ten; a load that doesn't end sends without end.
    expect(requests).toBeLessThan(1000);
  });

  it("refuses a rate that isn't above 0, and no queries", () => {
    expect(() => startLoad({ endpoints: () => [], queries, ratePerSecond: 0, k: 1 })).toThrow("ratePerSecond is 0");
    expect(() => startLoad({ endpoints: () => [], queries: [], ratePerSecond: 1, k: 1 })).toThrow("queries is empty");
  });
});
