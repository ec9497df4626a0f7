// A store that answers like Qdrant, remembers every query it got, and misbehaves on demand.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "#support/http-server.ts";

export type Misbehave = (response: ServerResponse, request: IncomingMessage) => void;
export type RecordingStore = {
  readonly url: string;
  /** Bodies of queries since the last call. */
  readonly takeQueries: () => string[];
  /** Done instead of answering a query; undefined: answers. */
  readonly misbehave: (how: Misbehave | undefined) => void;
  /** What probes find from now on. */
  readonly setDimension: (dimension: number) => void;
  readonly close: () => Promise<void>;
};

/** Candidates that the store finds for everything, best first; `name` tells stores apart. */
export function pointsOf(name: string, count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index,
    version: 1,
    score: 0.9 - index / 2000,
    payload: { chunk_id: `${name}-${index}`, entity_id: "e", updated_at: "2025-01-01T00:00:00Z" },
  }));
}

/** Listens on a free port. */
export async function startRecordingStore(name: string, dimension: number): Promise<RecordingStore> {
  let queries: string[] = [];
  let misbehaviour: Misbehave | undefined;
  let size = dimension;
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => {
        const isQuery = request.method === "POST" && (request.url ?? "").includes("/points/query");
        if (!isQuery) return send(response, factsOf(size));
        queries.push(body);
        if (misbehaviour !== undefined) return misbehaviour(response, request);
        return send(response, { result: { points: pointsOf(name, Math.min(10, limitOf(body))) } });
      },
      () => response.destroy(),
    );
  });
  const { url, close } = await listen(server);
  return {
    url,
    takeQueries: () => {
      const taken = queries;
      queries = [];
      return taken;
    },
    misbehave: (how) => {
      misbehaviour = how;
    },
    setDimension: (next) => {
      size = next;
    },
    close,
  };
}

/** A body that isn't JSON is recorded as it is and answered as if it were: judging it is the caller's. */
function limitOf(body: string): number {
  try {
    return (JSON.parse(body) as { limit: number }).limit;
  } catch {
    return 0;
  }
}

function factsOf(size: number): object {
  const params = { vectors: { size, distance: "Cosine" } };
  return { result: { points_count: 10, indexed_vectors_count: 10, config: { params }, payload_schema: {} } };
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}
