// Points of one collection as Qdrant's REST API reads and writes them: enough for a writer's own calls.
// Numbers keep their spelling, so that 64-bit ids stay what they are.
import type { ServerResponse } from "node:http";
import { numberOf, parseExact } from "#values/exact-json.ts";
import type { FakeQdrant } from "./qdrant-server.ts";

type HeldPoint = { readonly id: unknown; readonly payload: Record<string, unknown>; readonly vector: unknown };
type Bound = { readonly gte?: unknown; readonly lte?: unknown; readonly lt?: unknown };
type Condition = {
  readonly must_not?: readonly Condition[];
  readonly key?: string;
  readonly match?: { readonly any?: readonly unknown[]; readonly value?: unknown };
  readonly range?: Bound;
  readonly is_empty?: { readonly key: string };
  readonly is_null?: { readonly key: string };
  readonly values_count?: { readonly gte: number };
  readonly has_id?: readonly unknown[];
};
type Filter = {
  readonly should?: readonly Condition[];
  readonly must?: readonly Condition[];
  readonly must_not?: readonly Condition[];
};
type Body = {
  readonly limit?: number;
  readonly offset?: unknown;
  readonly filter?: Filter;
  readonly points: readonly unknown[];
  readonly ids: readonly unknown[];
  readonly update_filter?: Filter;
  readonly update_mode?: "upsert" | "insert_only" | "update_only";
  readonly operations?: readonly Operation[];
};
type Payload = Readonly<Record<string, unknown>>;
type Operation = {
  readonly update_vectors?: { readonly points: readonly HeldPoint[]; readonly update_filter: Filter };
  readonly set_payload?: { readonly payload: Payload; readonly filter: Filter; readonly key?: string };
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
    const fault = faultOf(held, body) ?? timeoutFault(held, request.url ?? "");
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
    config: { params: { vectors: { size: 8, distance: "Dot" } }, strict_mode_config: strict },
    payload_schema: indexes,
  }),
  [`POST ${folder}/scroll`]: scroll,
  // Nothing is ranked: all that the filter leaves.
  [`POST ${folder}/query`]: ({ points }, { filter }) => ({
    points: [...points.values()].filter(passes(filter)).map((point) => ({ ...point, score: 0.5 })),
  }),
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
  [`POST ${folder}/batch`]: ({ points }, { operations = [] }) => {
    for (const operation of operations) carryOut(points, operation);
    return [{ status: "completed" }];
  },
  [`POST ${folder}/delete`]: ({ points }, { filter }) => {
    for (const [key, point] of points) if (passes(filter)(point)) points.delete(key);
    return { status: "completed" };
  },
};

/** One after the other, as they stand; what a filter doesn't let through is passed over. */
function carryOut(points: HeldPoints, { update_vectors, set_payload }: Operation): void {
  for (const [key, point] of points) {
    const given = update_vectors?.points.find(({ id }) => JSON.stringify(id) === key);
    if (given !== undefined && passes(update_vectors?.update_filter)(point)) {
      const vector = Array.isArray(given.vector)
        ? given.vector
        : { ...(point.vector as object), ...(given.vector as object) };
      points.set(key, { ...point, vector });
    }
    if (set_payload !== undefined && passes(set_payload.filter)(point)) {
      const path = set_payload.key === undefined ? [] : stepsOf(set_payload.key);
      points.set(key, { ...point, payload: merged(point.payload, set_payload.payload, path) });
    }
  }
}

/** Null removes a key. */
function merged(
  held: Payload,
  changes: Payload,
  [step, ...rest]: readonly (string | number)[],
): Record<string, unknown> {
  const all =
    step === undefined
      ? { ...held, ...changes }
      : { ...held, [step]: merged((held[step] ?? {}) as Payload, changes, rest) };
  return Object.fromEntries(Object.entries(all).filter(([key, value]) => value !== null || held[key] === null));
}

/** What strict mode refuses of a request. */
function faultOf(
  { strict, indexes }: HeldCollection,
  { points, update_filter, filter, operations = [], limit = 0 }: Body,
): string | null {
  if (strict["enabled"] !== true) return null;
  const shown = strict["max_query_limit"];
  if (typeof shown === "number" && limit > shown) return `Bad request: Limit exceeded ${limit} > ${shown} for "limit".`;
  const most = strict["upsert_max_batchsize"];
  if (typeof most === "number" && points !== undefined && points.length > most) {
    return `Bad request: Limit exceeded ${points.length} > ${most} for "upsert limit".`;
  }
  const filters = operations.map(
    ({ update_vectors, set_payload }) => update_vectors?.update_filter ?? set_payload?.filter,
  );
  const conditions = [update_filter, filter, ...filters].flatMap((each) => [
    ...(each?.must ?? []),
    ...(each?.must_not ?? []),
    ...(each?.should ?? []),
  ]);
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

function timeoutFault({ strict }: HeldCollection, url: string): string | null {
  const seconds = Number(/[?&]timeout=(\d+)/.exec(url)?.[1] ?? 0);
  const most = strict["enabled"] === true ? strict["max_timeout"] : undefined;
  if (typeof most !== "number" || seconds <= most || !url.includes("/points")) return null;
  return `Bad request: Limit exceeded ${seconds} > ${most} for "timeout".`;
}

function scroll({ points }: HeldCollection, { limit = 10, offset, filter }: Body): object {
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
  return ({ must_not, key = "", match, range, is_empty, is_null, values_count, has_id }) => {
    if (must_not !== undefined) return !must_not.some(fits({ id, payload, vector: null }));
    if (has_id !== undefined) return has_id.some((value) => isSame(value, id));
    if (is_empty !== undefined) return at(payload, is_empty.key).every((value) => value === null || isSame(value, []));
    const values = at(payload, is_null?.key ?? key);
    if (values_count !== undefined)
      return values.some((value) => (Array.isArray(value) ? value.length : 1) === values_count.gte);
    const each = values.flat();
    if (is_null !== undefined) return each.includes(null);
    if (range !== undefined) return each.some((value) => isWithin(value, range));
    const wanted = [...(match?.any ?? []), ...(match?.value === undefined ? [] : [match.value])];
    return wanted.some((one) => each.some((value) => isSame(one, value)));
  };
}

/** `a."b c"[0][]`: keys, in quotes where they are odd, and elements, all of them or one. */
function stepsOf(path: string): (string | number)[] {
  return Array.from(path.matchAll(/"([^"]*)"|\[(\d*)\]|([^.[\]"]+)/g), ([, quoted, element, plain]) =>
    element === undefined ? (quoted ?? plain ?? "") : element === "" ? -1 : Number(element),
  );
}

/** Every value that the path reaches, lists not yet opened. */
function at(payload: unknown, path: string): readonly unknown[] {
  return stepsOf(path).reduce<readonly unknown[]>(
    (values, step) => values.flatMap((value) => stepInto(value, step)),
    [payload],
  );
}

function stepInto(value: unknown, step: string | number): readonly unknown[] {
  if (Array.isArray(value)) return step === -1 ? value : typeof step === "number" ? value.slice(step, step + 1) : [];
  if (typeof step === "number" || typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
  return [(value as Payload)[step]];
}

function isWithin(value: unknown, { gte, lte, lt }: Bound): boolean {
  // Bounds of moments find texts alone, bounds of numbers numbers.
  if (typeof value === "string" ? Number.isNaN(Date.parse(value)) : typeof (lt ?? gte) === "string") return false;
  const read = (each: unknown): number => (typeof each === "string" ? Date.parse(each) : numberOf(each));
  if (lt !== undefined) return read(value) < read(lt);
  return read(value) >= read(gte) && (lte === undefined || read(value) <= read(lte));
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify({ ...body, time: 0.0001 });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
