// The stand-in as an object: a server that speaks Qdrant's REST API, and the controls that spoil it on purpose.
// Data live in memory, independent of the listening socket: refusing connections loses nothing.
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Catalog } from "./catalog.ts";
import { plainConfig } from "./collection-config.ts";
import { answer, authorise, matchRoute, nothingHere, refusal } from "./exchange.ts";
import { ApiFault } from "./fault.ts";
import { fromPlain, JsonObject } from "./json-value.ts";
import { parsePointId } from "./point-id.ts";
import { answerPreflight, bringsBody, makeServer, readBody, send, type Tls } from "./transport.ts";
import type { Distance } from "./vector-space.ts";

/** What is spoiled. Root and probes stay as they are, except when connections are refused. */
export type Faults = {
  /** Added to every answer. */
  readonly latencyMs: number;
  /** Every answer is a 500. */
  readonly errors: boolean;
  /** Requests are taken and never answered. */
  readonly hang: boolean;
  /** Reads no longer see every second point. */
  readonly dropHalf: boolean;
  /** Nobody listens; open connections are cut. */
  readonly refuse: boolean;
  readonly apiKey: string | undefined;
  readonly readOnlyApiKey: string | undefined;
};

export type StandInOptions = {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls?: Tls;
  readonly apiKey?: string;
  readonly readOnlyApiKey?: string;
  /** Decides the order of equal scores. */
  readonly seed: number;
  /** After how long an idle connection is closed; Qdrant's 5 s when absent. */
  readonly idleMs?: number;
};

export type LoadPoint = {
  readonly id: number | bigint | string;
  readonly vector: Float32Array;
  readonly payload: Readonly<Record<string, unknown>>;
};

export type FaultControls = {
  readonly get: () => Faults;
  /** Changes the faults named, leaves the others; in force for every request that comes after it resolved. */
  readonly set: (changes: Partial<Faults>) => Promise<void>;
  /** Takes everything back, to the keys it started with. */
  readonly clear: () => Promise<void>;
};

export type StandIn = {
  readonly url: string;
  readonly port: number;
  readonly faults: FaultControls;
  /** Puts points into a collection, made when missing; faster than over HTTP. Throws ApiFault as the API would. */
  readonly load: (collection: string, dim: number, points: Iterable<LoadPoint>, distance?: Distance) => void;
  /** Cuts what is open and frees the port. */
  readonly close: () => Promise<void>;
};

/** Starts listening. Rejects when the address is taken. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const initial: Faults = {
    latencyMs: 0,
    errors: false,
    hang: false,
    dropHalf: false,
    refuse: false,
    apiKey: options.apiKey,
    readOnlyApiKey: options.readOnlyApiKey,
  };
  let faults = initial;
  const stopping = new AbortController();
  const catalog = new Catalog((slot) => !faults.dropHalf || slot % 2 === 0);
  const service: Service = { catalog, seed: options.seed, faults: () => faults, stopping: stopping.signal };
  const open = (port: number) => openServer(options, port, service);
  let server: Server | undefined = await open(options.port);
  const { port } = server.address() as AddressInfo;

  const set = async (changes: Partial<Faults>) => {
    faults = { ...faults, ...changes };
    if (faults.refuse && server !== undefined) {
      const closing = server;
      server = undefined;
      await closeServer(closing);
    } else if (!faults.refuse) {
      server ??= await open(port);
    }
  };
  return {
    url: `${options.tls === undefined ? "http" : "https"}://${options.address}:${port}`,
    port,
    faults: { get: () => faults, set, clear: () => set(initial) },
    load: (name, dim, points, distance = "Cosine") => {
      const collection = catalog.has(name) ? catalog.get(name) : catalog.create(name, plainConfig(dim, distance));
      collection.upsert([...points].map(toNewPoint));
    },
    close: async () => {
      stopping.abort();
      if (server !== undefined) await closeServer(server);
      server = undefined;
    },
  };
}

function toNewPoint({ id, vector, payload }: LoadPoint) {
  const members = fromPlain(payload);
  return {
    id: parsePointId(id),
    vectors: new Map([["", vector]]),
    payload: members instanceof JsonObject ? members : new JsonObject(),
  };
}

async function openServer(options: StandInOptions, port: number, service: Service): Promise<Server> {
  const server = makeServer({ tls: options.tls, idleMs: options.idleMs ?? 5000 }, (request, response) => {
    serve(service, request, response).catch(() => response.destroy());
  });
  server.listen(port, options.address);
  await once(server, "listening");
  return server;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

type Service = {
  readonly catalog: Catalog;
  readonly seed: number;
  readonly faults: () => Faults;
  readonly stopping: AbortSignal;
};

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  const { method = "", url = "/" } = request;
  if (answerPreflight(request, response)) return;
  const [path = "/", search = ""] = url.split("?", 2);
  const match = matchRoute(method, path);
  const { apiKey, readOnlyApiKey } = service.faults();
  const keys = { full: apiKey, readOnly: readOnlyApiKey };
  const rights = match?.route.access === "open" ? "all" : authorise(keys, request.headers);
  if (typeof rights !== "string") return send(request, response, rights);
  if (match === undefined) return refuseRoute(request, response);
  const elapsed = () => (performance.now() - started) / 1000;
  if (match.route.access !== "open" && (await disturb(service, request, response, elapsed))) return;
  const reply = await answer({
    match,
    rights,
    search: new URLSearchParams(search),
    catalog: service.catalog,
    seed: service.seed,
    readBody: () => readBody(request),
    elapsed,
  });
  send(request, response, reply);
}

/** A request without a route whose body nobody reads costs the connection, unannounced. */
function refuseRoute(request: IncomingMessage, response: ServerResponse): void {
  if (bringsBody(request)) response.once("finish", () => request.socket.destroySoon());
  send(request, response, nothingHere);
}

/** Applies the staged faults; whether they have settled the request. */
async function disturb(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  elapsed: () => number,
): Promise<boolean> {
  const { latencyMs, hang, errors } = service.faults();
  if (hang) return true;
  if (latencyMs > 0) await wait(latencyMs, undefined, { signal: service.stopping });
  if (!errors) return false;
  send(request, response, refusal(new ApiFault(500, "Service internal error: staged by the stand-in"), elapsed()));
  return true;
}
