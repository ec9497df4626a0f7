// Points of one collection as Qdrant's REST API reads and writes them: enough for a writer's own calls.
// Numbers keep their spelling, so that 64-bit ids stay what they are.
import type { ServerResponse } from "node:http";
import { numberOf, parseExact } from "#values/exact-json.ts";
import type { FakeQdrant } from "./qdrant-server.ts";

type HeldPoint = { readonly id: unknown; readonly payload: Record<string, unknown>; readonly vector: unknown };
type Bound = { readonly gte?: unknown; readonly lte?: unknown; readonly lt?: unknown };
type Condition = {
  readonly key?: string;
  readonly match?: { readonly any?: readonly unknown[]; readonly value?: unknown };
  readonly range?: Bound;
  readonly is_empty?: { readonly key: string };
  readonly is_null?: { readonly key: string };
  readonly has_id?: readonly unknown[];
};
type Filter = {
  readonly should?: readonly Condition[];
  readonly must?: readonly Condition[];
  readonly must_not?: readonly Condition[];
};
type Body = {
  readonly limit: number;
  readonly offset?: unknown;
  readonly filter?: Filter;
  readonly points: readonly unknown[];
  readonly ids: readonly unknown[];
  readonly update_filter?: Filter;
  readonly update_mode?: "upsert" | "insert_only" | "update_only";
};

/** What the collection holds, by the JSON of its ids. */
export type HeldPoints = Map<string, HeldPoint>;
/** `config.strict_mode_config` and `payload_schema` of the collection's description, and the server's version. */
export type CollectionSettings = {
  strict: Record<string, unknown>;
  indexes: Record<string, { readonly data_type: string }>;
  version: string;
};
type HeldCollection = CollectionSettings & { readonly points: HeldPoints };

/** Serves the points of `chunks` on the fake; other requests are as usual. */
export function serveHeldPoints(fake: FakeQdrant, points: HeldPoints, settings?: CollectionSettings): void {
  fake.behave = (request, response) => {
    const [path] = (request.url ?? "").split("?");
    const serve = routes[`${request.method} ${path}`];
    if (serve === undefined || (request.method === "GET" && settings === undefined)) return "as usual";
    const held = { strict: {}, indexes: {}, version: "", ...settings, points };
    const body = parseExact(fake.seen.at(-1)?.body || "{}") as Body;
    const fault = faultOf(held, body);
    if (fault !== null) return send(response, 400, { status: { error: fault } });
    if (path === "/") return send(response, 200, { title: "qdrant", version: held.version });
    return send(response, 200, { result: serve(held, body), status: "ok" });
  };
}

const folder = "/collections/chunks/points";
const routes: Readonly<Record<string, (held: HeldCollection, body: Body) => unknown>> = {
  "GET /": () => null,
  "GET /collections/chunks": ({ points, strict, indexes }) => ({
    points_count: points.size,
    config: { params: { vectors: { size: 8, distance: "Cosine" } }, strict_mode_config: strict },
    payload_schema: indexes,
  }),
  [`POST ${folder}/scroll`]: scroll,
  [`POST ${folder}`]: ({ points }, { ids }) => ids.flatMap((id) => points.get(JSON.stringify(id)) ?? []),
  [`PUT ${folder}`]: ({ points }, { points: given, update_filter, update_mode = "upsert" }) => {
    const isTaken = (point: HeldPoint): boolean => {
      const before = points.get(JSON.stringify(point.id));
      if (before === undefined) return update_mode !== "update_only";
      return update_mode !== "insert_only" && passes(update_filter)(before);
    };
    for (const point of (given as HeldPoint[]).filter(isTaken)) points.set(JSON.stringify(point.id), point);
    return { status: "completed" };
  },
  [`POST ${folder}/delete`]: ({ points }, { filter }) => {
    for (const [key, point] of points) if (passes(filter)(point)) points.delete(key);
    return { status: "completed" };
  },
};

/** What strict mode refuses of a request. */
function faultOf({ strict, indexes }: HeldCollection, { points, update_filter, filter }: Body): string | null {
  if (strict["enabled"] !== true) return null;
  const most = strict["upsert_max_batchsize"];
  if (typeof most === "number" && points !== undefined && points.length > most) {
    return `Bad request: Limit exceeded ${points.length} > ${most} for "upsert limit".`;
  }
  const conditions = [...(update_filter?.must ?? []), ...(filter?.must ?? []), ...(filter?.should ?? [])];
  const size = strict["condition_max_size"];
  if (typeof size === "number" && conditions.some(({ match }) => (match?.any?.length ?? 0) > size)) {
    return "Bad request: Condition size limit reached.";
  }
  const keys = conditions.flatMap((each) => each.key ?? each.is_empty?.key ?? each.is_null?.key ?? []);
  const bare =
    strict["unindexed_filtering_update"] === false ? keys.find((key) => indexes[key] === undefined) : undefined;
  return bare === undefined
    ? null
    : `Bad request: Index required but not found for "${bare}" of one of the following types: [keyword].`;
}

function scroll({ points }: HeldCollection, { limit, offset, filter }: Body): object {
  const all = [...points.values()].filter(passes(filter));
  const start = offset === undefined ? 0 : numberOf(offset);
  // Its offsets are ids; here they are places, which nobody but the fake reads.
  return {
    points: all.slice(start, start + limit),
    next_page_offset: start + limit < all.length ? start + limit : null,
  };
}

function passes(filter: Filter | undefined): (point: HeldPoint) => boolean {
  return (point) =>
    (filter?.must ?? []).every(fits(point)) &&
    !(filter?.must_not ?? []).some(fits(point)) &&
    (filter?.should === undefined || filter.should.some(fits(point)));
}

function fits({ id, payload }: HeldPoint): (condition: Condition) => boolean {
  const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return ({ key = "", match, range, is_empty, is_null, has_id }) => {
    if (has_id !== undefined) return has_id.some((value) => isSame(value, id));
    if (is_empty !== undefined) return [null, "[]"].includes(textAt(payload, is_empty.key));
    if (is_null !== undefined) return textAt(payload, is_null.key) === null && at(payload, is_null.key) === null;
    const value = at(payload, key);
    if (range !== undefined) return isWithin(value, range);
    return [...(match?.any ?? []), ...(match?.value === undefined ? [] : [match.value])].some((each) =>
      isSame(each, value),
    );
  };
}

function textAt(payload: object, key: string): string | null {
  const value = at(payload, key) ?? null;
  return value === null ? null : JSON.stringify(value);
}

function at(payload: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], payload);
}

function isWithin(value: unknown, { gte, lte, lt }: Bound): boolean {
  const read = (each: unknown): number => (typeof each === "string" ? Date.parse(each) : numberOf(each));
  if (lt !== undefined) return read(value) < read(lt);
  return read(value) >= read(gte) && (lte === undefined || read(value) <= read(lte));
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify({ ...body, time: 0.0001 });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
