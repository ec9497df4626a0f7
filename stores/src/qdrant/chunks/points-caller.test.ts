// What a collection's rate limit refuses is asked for again, once there is room for it.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { readCollection } from "../client/collection.ts";
import { retrieve } from "./find-points.ts";
import { openPoints, type PointsCaller } from "./points-caller.ts";

const strict = { enabled: true, write_rate_limit: 20, read_rate_limit: 5, upsert_max_batchsize: 100 };
const params = { vectors: { size: 8, distance: "Cosine" } };
const limit = (): AbortSignal => AbortSignal.timeout(10_000);
const upsert = { method: "PUT", path: "/points?wait=true", body: { points: [] } } as const;
const scroll = { method: "POST", path: "/points/scroll", body: { limit: 1 } } as const;
let server: FakeQdrant;
let caller: PointsCaller;
let waited: number[];
/** Answers to what isn't a GET, in turn; then all is well. */
let refusals: (readonly [status: number, after: string | undefined, text?: string])[];

beforeAll(async () => {
  server = await startFakeQdrant({ points: makePoints(1), apiKey: "key" });
});

beforeEach(() => {
  waited = [];
  refusals = [];
  server.behave = (request, response) => {
    if (request.method === "GET")
      return response.end(JSON.stringify({ result: { config: { params, strict_mode_config: strict } } }));
    const [status, after, text = ""] = refusals.shift() ?? [200, undefined, "done"];
    return response.writeHead(status, after === undefined ? {} : { "retry-after": after }).end(text);
  };
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key" });
  caller = openPoints(spec, 1, async (ms) => void waited.push(ms / 1000));
});

afterEach(() => caller.collection.close());
afterAll(() => server.close());

test("a read waits as long as it is asked to, again and again", async () => {
  refusals = [
    [429, "4"],
    [429, "2"],
  ];
  expect(await caller.call(scroll, limit())).toBe("done");
  expect(waited).toEqual([4, 2]);
});

test("a read waits for a second at least, whatever a server says that would be asked without a pause", async () => {
  refusals = [
    [429, "0"],
    [429, "0"],
  ];
  expect(await caller.call(scroll, limit())).toBe("done");
  expect(waited).toEqual([1, 1]);
});

test("a write waits at least until what its refusals cost is there again", async () => {
  refusals = [
    [429, "6"],
    [429, "48"],
  ];
  expect(await caller.call(upsert, limit())).toBe("done");
  expect(waited).toEqual([30, 48]);
});

test("what no waiting helps, and what isn't a rate limit, fails at once", async () => {
  for (const refusal of [[429, undefined, "request larger than rate limiter capacity"] as const, [503, "1"] as const]) {
    refusals = [refusal];
    await expect(caller.call(upsert, limit())).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
  }
  expect(waited).toEqual([]);
});

test("where the deadline ends the waiting, the rate limit is the reason", async () => {
  await caller.collection.close();
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key" });
  caller = openPoints(spec, 1, () => Promise.reject(new Error("deadline")));
  refusals = [[429, "6"]];
  await expect(caller.call(upsert, limit())).rejects.toThrow("rate limit");
});

test("each point that is read by its id counts, so that half of the rate is read at a time", async () => {
  const asked: number[] = [];
  const recording = async ({ body }: { readonly body?: object | string }): Promise<string> => {
    asked.push((body as { readonly ids: readonly unknown[] }).ids.length);
    return '{"result":[]}';
  };
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks" });
  const info = readCollection(JSON.stringify({ result: { config: { params, strict_mode_config: strict } } }), spec);
  await retrieve({ caller: { ...caller, call: recording }, info, spec, signal: limit() }, [1, 2, 3, 4, 5], false);
  expect(asked).toEqual([2, 2, 1]);
});

test("the first upsert of a collection counts twice, so that a quarter of the rate is written at a time", async () => {
  expect(await caller.limits(limit())).toMatchObject({ upsertPoints: 5 });
});

/** As if two points together were larger than an answer may be; `asked`: how many each request was for. */
function openLarge() {
  const asked: number[] = [];
  server.behave = (request, response) => {
    if (request.method === "GET") return response.end(JSON.stringify({ result: { config: { params } } }));
    const { limit: points, ids = [] } = JSON.parse(server.seen.at(-1)?.body ?? "") as {
      limit?: number;
      ids?: number[];
    };
    const count = points ?? ids.length;
    asked.push(count);
    const result = ids.map((id) => ({ id, payload: {}, vector: [1] }));
    return response.end(count > 1 ? " ".repeat(2000) : JSON.stringify({ result }));
  };
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks" });
  const large = openPoints(spec, 1, undefined, 1000);
  return { asked, spec, caller: large };
}

test("a page of points that are too large together is asked for again by halves, and the next ones are as small", async () => {
  const { asked, caller: large } = openLarge();
  const page = { method: "POST", path: "/points/scroll", body: { limit: 3 } } as const;
  await large.call(page, limit());
  await large.call(page, limit());
  expect(asked).toEqual([3, 1, 1]);
  await large.collection.close();
});

test("points by their ids that are too large together are retrieved by halves", async () => {
  const { asked, spec, caller: large } = openLarge();
  const info = readCollection(JSON.stringify({ result: { config: { params } } }), spec);
  const found = await retrieve({ caller: large, info, spec, signal: limit() }, [1, 2, 3], true);
  expect(found.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(asked).toEqual([3, 1, 2, 1, 1]);
  await large.collection.close();
});

test("a point that is too large by itself fails with its reason", async () => {
  const { caller: large } = openLarge();
  server.behave = (_, response) => response.end(" ".repeat(2000));
  const page = { method: "POST", path: "/points/scroll", body: { limit: 3 } } as const;
  await expect(large.call(page, limit())).rejects.toThrow("ask for less content or fewer chunks");
  await large.collection.close();
});
