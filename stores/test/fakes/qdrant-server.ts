// A few collections behind Qdrant's REST shapes: enough for the adapter's own calls, and faults on demand.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestCertificate } from "#test/certificate.ts";

export type FakePoint = {
  readonly id: number;
  readonly vector: readonly number[];
  readonly payload: Record<string, unknown>;
};
export type FakeQdrant = {
  readonly url: string;
  readonly port: number;
  /** Requests seen, newest last. */
  readonly seen: {
    readonly path: string;
    readonly body: string;
    readonly apiKey: string | undefined;
    readonly headers: IncomingHttpHeaders;
  }[];
  /** Connections open now. */
  readonly openSockets: () => number;
  /** Connections since the start. */
  readonly openedSockets: () => number;
  /** Answers in place of the collection's: set by a test; undefined, or returning "as usual", for the normal behaviour. */
  behave: ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined;
  readonly close: () => Promise<void>;
};
type Options = {
  readonly points: readonly FakePoint[];
  readonly host?: string;
  readonly apiKey?: string;
  readonly collection?: string;
  /** Speaks TLS with this certificate. */
  readonly tls?: TestCertificate;
};
type Query = { query: number[]; limit: number; offset?: number; filter?: Clauses };
type Clauses = { must?: Condition[]; should?: Condition[]; must_not?: Condition[] };
type Bounds = { gt?: number; gte?: number; lt?: number; lte?: number };
type Condition = Clauses & {
  key?: string;
  match?: { value?: unknown; any?: unknown[] };
  range?: Bounds;
  is_empty?: { key: string };
  has_id?: unknown[];
};

/** Listens on a free port; `collection` (default chunks) holds the points, Cosine. */
export async function startFakeQdrant(options: Options): Promise<FakeQdrant> {
  const seen: FakeQdrant["seen"] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => void handle(request, response);
  const { tls } = options;
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    const { headers } = request;
    const apiKey = headers["api-key"];
    seen.push({ path: request.url ?? "", body, apiKey: typeof apiKey === "string" ? apiKey : undefined, headers });
    const isSpecial = fake.behave !== undefined && fake.behave(request, response) !== "as usual";
    if (!isSpecial) answer(options, request, body, response);
  };
  const sockets = countSockets(server);
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  const fake: FakeQdrant = {
    url: `${tls === undefined ? "http" : "https"}://${host}:${port}`,
    port,
    seen,
    openSockets: () => sockets.open,
    openedSockets: () => sockets.opened,
    behave: undefined,
    close: () => close(server),
  };
  return fake;
}

function countSockets(server: Server): { open: number; opened: number } {
  const sockets = { open: 0, opened: 0 };
  server.on("connection", (socket) => {
    sockets.open += 1;
    sockets.opened += 1;
    socket.once("close", () => {
      sockets.open -= 1;
    });
  });
  return sockets;
}

function answer(options: Options, request: IncomingMessage, body: string, response: ServerResponse): void {
  const { points, apiKey, collection = "chunks" } = options;
  if (apiKey !== undefined && request.headers["api-key"] !== apiKey) {
    response.writeHead(401).end("Invalid API key or JWT");
    return;
  }
  const [path] = (request.url ?? "").split("?");
  const folder = `/collections/${collection}`;
  if (path === folder) return send(response, 200, { result: infoOf(points) });
  if (path === `${folder}/points/query`) return sendQuery(response, points, JSON.parse(body) as Query);
  return send(response, 404, { status: { error: "Not found: Collection `x` doesn't exist!" } });
}

function sendQuery(response: ServerResponse, points: readonly FakePoint[], query: Query): void {
  const dimension = points[0]?.vector.length ?? 0;
  if (query.query.length !== dimension) {
    const error = `Wrong input: Vector dimension error: expected dim: ${dimension}, got ${query.query.length}`;
    return send(response, 400, { status: { error } });
  }
  const found = points
    .filter((point) => passes(point, query.filter ?? {}))
    .map((point) => ({ id: point.id, version: 0, score: cosine(point.vector, query.query), payload: point.payload }))
    .toSorted((a, b) => b.score - a.score)
    .slice(query.offset ?? 0, (query.offset ?? 0) + query.limit);
  return send(response, 200, { result: { points: found } });
}

function passes(point: FakePoint, { must = [], should = [], must_not = [] }: Clauses): boolean {
  const holds = (condition: Condition): boolean => matches(point, condition);
  return must.every(holds) && (should.length === 0 || should.some(holds)) && !must_not.some(holds);
}

function matches(point: FakePoint, condition: Condition): boolean {
  const { key = "", match, range, is_empty, has_id } = condition;
  if (has_id !== undefined) return has_id.includes(point.id);
  if (is_empty !== undefined) return point.payload[is_empty.key] === undefined;
  const value = point.payload[key];
  if (range !== undefined) return isWithin(value, range);
  if (match === undefined) return passes(point, condition);
  return match.any === undefined ? value === match.value : match.any.includes(value);
}

function isWithin(value: unknown, { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity }: Bounds): boolean {
  return typeof value === "number" && value > gt && value >= gte && value < lt && value <= lte;
}

/** Cosine similarity, rounded to float32 as Qdrant prints it. */
function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return Math.fround(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
}

function infoOf(points: readonly FakePoint[]): object {
  const vectors = { size: points[0]?.vector.length ?? 0, distance: "Cosine" };
  return {
    status: "green",
    indexed_vectors_count: 0,
    points_count: points.length,
    config: { params: { vectors } },
    payload_schema: {},
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify({ ...body, time: 0.0001 });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
