// The stand-in as an object: a server that speaks Qdrant's REST API, and the controls that spoil it on purpose.
// Data live in memory, independent of the listening socket: refusing connections loses nothing.
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type Listening, listen } from "#support/http-server.ts";
import { Collection } from "./data/collection.ts";
import { ApiFault } from "./data/fault.ts";
import type { JsonObject } from "./data/json.ts";
import type { PointId } from "./data/point-id.ts";
import { answer, checkKey, nothingHere, openReplies, refusal } from "./exchange.ts";
import { matchRoute, type Store } from "./routes.ts";
import { bringsBody, makeServer, readText, send } from "./transport.ts";

/** What is spoiled. Root and probes stay as they are, except when connections are refused. */
type Faults = {
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
};

type StandInOptions = {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly apiKey?: string;
  /** Decides the order of equal scores. */
  readonly seed: number;
  /** After how long an idle connection is closed; Qdrant's 5 s when absent. */
  readonly idleMs?: number;
};

type LoadPoint = { readonly id: PointId; readonly vector: Float32Array; readonly payload: JsonObject };

export type FaultControls = {
  /** Changes the faults named, leaves the others; in force for every request that comes after it resolved. */
  readonly set: (changes: Partial<Faults>) => Promise<void>;
  /** Takes everything back, to the keys it started with. */
  readonly clear: () => Promise<void>;
};

export type StandIn = {
  readonly url: string;
  readonly port: number;
  readonly faults: FaultControls;
  /** Puts points into a collection, made for Cosine when missing; faster than over HTTP. Throws ApiFault as the API would. */
  readonly load: (collection: string, dim: number, points: Iterable<LoadPoint>) => void;
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
  };
  let faults = initial;
  const stopping = new AbortController();
  const store: Store = {
    collections: new Map(),
    aliases: new Map(),
    visible: (slot) => !faults.dropHalf || slot % 2 === 0,
    seed: options.seed,
  };
  const service: Service = { store, faults: () => faults, stopping: stopping.signal };
  const open = (port: number) =>
    listen(
      makeServer(options.idleMs ?? 5000, (request, response) => {
        serve(service, request, response).catch(() => response.destroy());
      }),
      options.address,
      port,
    );
  let server: Listening | undefined = await open(options.port);
  const { port, url } = server;
  const close = async () => {
    const closing = server;
    server = undefined;
    await closing?.close();
  };
  const set = async (changes: Partial<Faults>) => {
    faults = { ...faults, ...changes };
    if (faults.refuse) await close();
    else server ??= await open(port);
  };
  return {
    url,
    port,
    faults: { set, clear: () => set(initial) },
    load: (name, size, points) => load(store, { name, size }, points),
    close: async () => {
      stopping.abort();
      await close();
    },
  };
}

function load({ collections, visible }: Store, place: { name: string; size: number }, points: Iterable<LoadPoint>) {
  const { name, size } = place;
  const collection = collections.get(name) ?? new Collection([["", { size, distance: "Cosine" }]], visible);
  collections.set(name, collection);
  collection.upsert(
    Array.from(points, ({ id, vector, payload }) => ({ id, vectors: new Map([["", vector]]), payload })),
  );
}

type Service = {
  readonly store: Store;
  readonly faults: () => Faults;
  readonly stopping: AbortSignal;
};

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const { method = "", url = "/" } = request;
  const [path = "/", search = ""] = url.split("?", 2);
  const early = openReplies[`${method} ${path}`] ?? checkKey(service.faults().apiKey, request.headers);
  if (early !== undefined) return send(request, response, early);
  const match = matchRoute(method, path);
  if (match === undefined) return refuseRoute(request, response);
  if (await disturb(service, request, response, elapsed)) return;
  const { store } = service;
  const parts = { ...match, store, search: new URLSearchParams(search) };
  send(request, response, await answer({ ...parts, readBody: () => readText(request), elapsed }));
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
