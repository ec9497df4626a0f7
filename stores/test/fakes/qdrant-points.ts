// Points of one collection as Qdrant's REST API reads and writes them: enough for a writer's own calls.
// Numbers keep their spelling, so that 64-bit ids stay what they are.
import type { ServerResponse } from "node:http";
import { numberOf, parseExact } from "#values/exact-json.ts";
import type { FakeQdrant } from "./qdrant-server.ts";

type HeldPoint = { readonly id: unknown; readonly payload: Record<string, unknown>; readonly vector: unknown };
type Scroll = { limit: number; offset?: unknown; filter?: { should: readonly Condition[] }; with_payload: unknown };
type Condition = {
  readonly key?: string;
  readonly match?: { readonly any: readonly unknown[] };
  readonly range?: { readonly gte: unknown };
  readonly is_empty?: { readonly key: string };
  readonly has_id?: readonly unknown[];
};

/** What the collection holds, by the JSON of its ids. */
export type HeldPoints = Map<string, HeldPoint>;

/** Serves the points of `chunks` on the fake; other requests are as usual. */
export function serveHeldPoints(fake: FakeQdrant, held: HeldPoints): void {
  fake.behave = (request, response) => {
    const [path] = (request.url ?? "").split("?");
    const serve = routes[`${request.method} ${path}`];
    if (serve === undefined) return "as usual";
    const result = serve(held, parseExact(fake.seen.at(-1)?.body ?? "") as Scroll & Write);
    return send(response, result);
  };
}

type Write = { points: readonly unknown[]; ids: readonly unknown[] };
const folder = "/collections/chunks/points";
const routes: Readonly<Record<string, (held: HeldPoints, body: Scroll & Write) => unknown>> = {
  [`POST ${folder}/scroll`]: scroll,
  [`POST ${folder}`]: (held, { ids }) => ids.flatMap((id) => held.get(JSON.stringify(id)) ?? []),
  [`PUT ${folder}`]: (held, { points }) => {
    for (const point of points as HeldPoint[]) held.set(JSON.stringify(point.id), point);
    return { status: "completed" };
  },
  [`POST ${folder}/delete`]: (held, { points }) => {
    for (const id of points) held.delete(JSON.stringify(id));
    return { status: "completed" };
  },
};

function scroll(held: HeldPoints, { limit, offset, filter }: Scroll): object {
  const all = [...held.values()].filter(
    ({ id, payload }) => filter === undefined || filter.should.some(fits(id, payload)),
  );
  const start = offset === undefined ? 0 : numberOf(offset);
  // Its offsets are ids; here they are places, which nobody but the fake reads.
  return {
    points: all.slice(start, start + limit),
    next_page_offset: start + limit < all.length ? start + limit : null,
  };
}

function fits(id: unknown, payload: HeldPoint["payload"]): (condition: Condition) => boolean {
  return ({ key = "", match, range, is_empty, has_id }) => {
    if (has_id !== undefined) return has_id.some((value) => JSON.stringify(value) === JSON.stringify(id));
    if (is_empty !== undefined) return (payload[is_empty.key] ?? null) === null;
    if (range !== undefined && typeof range.gte !== "string") return numberOf(payload[key]) === numberOf(range.gte);
    if (range !== undefined) return Date.parse(String(payload[key])) >= Date.parse(String(range.gte));
    return match?.any.some((value) => JSON.stringify(value) === JSON.stringify(payload[key] ?? null)) === true;
  };
}

function send(response: ServerResponse, result: unknown): void {
  const text = JSON.stringify({ result, status: "ok", time: 0.0001 });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
