// What a store can do instead of answering, and what the application may then see.
import type { Misbehave } from "./recording-store.ts";
import { pointsOf } from "./recording-store.ts";

export type Misbehaviour = {
  readonly name: string;
  readonly how: Misbehave;
  /** Statuses that are right when the primary does it. */
  readonly statuses: readonly number[];
};

const unavailable = [503];

function answer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Misbehave {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  };
}

function shape(name: string, body: unknown, statuses: readonly number[] = unavailable): Misbehaviour {
  return { name: `answers ${name}`, how: answer(200, JSON.stringify(body)), statuses };
}

function status(code: number, text: string, statuses: readonly number[] = unavailable): Misbehaviour {
  return { name: `answers ${code}`, how: answer(code, JSON.stringify({ status: { error: text } })), statuses };
}

const points = pointsOf("primary", 3);
const wide = { score: 0.5, payload: { chunk_id: ["x"], entity_id: { a: 1 }, updated_at: 5 } };
const polluted = JSON.parse('{"score":0.5,"id":1,"payload":{"__proto__":{"chunk_id":"x"},"chunk_id":7}}') as object;

/** Every way in which a store fails a query. */
export const misbehaviours: readonly Misbehaviour[] = [
  { name: "closes the connection", how: (response) => response.destroy(), statuses: unavailable },
  {
    name: "closes within the answer",
    how: (response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write('{"result"', () => response.destroy());
    },
    statuses: unavailable,
  },
  { name: "never answers", how: () => undefined, statuses: [504] },
  {
    name: "never ends its answer",
    how: (response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('{"result":{"points":[');
    },
    statuses: [503, 504],
  },
  {
    name: "answers a page",
    how: answer(200, "<html>hello</html>", { "content-type": "text/html" }),
    statuses: unavailable,
  },
  { name: "answers nothing", how: answer(200, ""), statuses: unavailable },
  { name: "answers half a document", how: answer(200, '{"result":{"points":[{"id":1,'), statuses: unavailable },
  {
    name: "answers bytes",
    how: (response) => void response.end(Buffer.from([0xff, 0xfe, 0x00, 0x80])),
    statuses: unavailable,
  },
  {
    name: "answers something huge",
    how: (response) => {
      response.on("error", () => undefined).end(`{"result":{"points":[${'{"id":1},'.repeat(2_000_000)}{}]}}`);
    },
    // A busy machine may not read so much before the deadline.
    statuses: [503, 504],
  },
  {
    name: "redirects",
    how: answer(307, "", { location: "http://127.0.0.1:9/elsewhere" }),
    statuses: unavailable,
  },
  shape("null", null),
  shape("an array", []),
  shape("no result", { status: "ok" }),
  shape("a result of null", { result: null }),
  shape("the shape of an older search", { result: points }),
  shape("points that are an object", { result: { points: { 0: points[0] } } }),
  shape(
    "points that aren't points",
    { result: { points: [null, 5, "x", [], { score: "0.5" }, { score: null }] } },
    [200],
  ),
  shape("payloads of other types", { result: { points: [wide, { ...wide, payload: null }, polluted] } }, [200]),
  {
    name: "answers an infinite score",
    how: answer(200, '{"result":{"points":[{"id":1,"score":1e999}]}}'),
    statuses: [200],
  },
  shape("more points than asked for", { result: { points: pointsOf("primary", 50) } }, [200]),
  status(400, "Wrong input: kanarie"),
  status(401, "Invalid API key kanarie"),
  status(403, "Forbidden kanarie"),
  status(404, "Not found: Collection `kanarie` doesn't exist!"),
  status(429, "kanarie"),
  status(500, "Service internal error: kanarie"),
  status(503, "kanarie"),
  {
    ...status(400, "Wrong input: Vector dimension error: expected dim: 16, got 8", [400, 503]),
    name: "has another dimension since a moment ago",
  },
];
