// A collection that takes every point and holds none: what is left of a copy's CPU is the copy's own.
import { createServer } from "node:http";
import { listen, readBytes } from "#support/http-server.ts";

const answers: Readonly<Record<string, object>> = {
  "GET /": { title: "qdrant", version: "1.18.3" },
  "GET /collections/chunks": {
    result: {
      points_count: 0,
      config: { params: { vectors: { size: 384, distance: "Cosine" } } },
      payload_schema: { chunk_id: { data_type: "keyword" }, updated_at: { data_type: "datetime" } },
    },
  },
  "POST /collections/chunks/points/scroll": { result: { points: [], next_page_offset: null }, status: "ok" },
  "POST /collections/chunks/points": { result: [], status: "ok" },
  "PUT /collections/chunks/points": { result: { status: "completed" }, status: "ok" },
};
const mostBytes = 64 * 1_048_576;

/** `onPoints` is called with the number of points that came so far, before each upsert is answered. */
export async function startSink(onPoints: (points: number) => void) {
  let points = 0;
  const server = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      const body = await readBytes(request, mostBytes, () => new Error("a body beyond the limit"));
      const [path] = (request.url ?? "").split("?");
      const answer = answers[`${request.method} ${path}`];
      if (request.method === "PUT") {
        points += countPoints(body);
        onPoints(points);
      }
      const text = JSON.stringify({ ...answer, time: 0 });
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(text);
    };
    serve().catch((error: unknown) => response.destroy(error as Error));
  });
  return listen(server, "127.0.0.64");
}

const key = Buffer.from('"chunk_id":');

function countPoints(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at + key.length)) count += 1;
  return count;
}
