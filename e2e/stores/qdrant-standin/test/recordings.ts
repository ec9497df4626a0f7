// The recordings of a real Qdrant: how they are read, sent again, and compared with an answer.
// Test support; `../testdata/README.md` says what the rows are.
import { readFileSync } from "node:fs";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { isArray, isInteger, isObject, type Json, type JsonObject, parseJson, toDouble } from "../data/json.ts";

const rowSchema = z.object({
  seq: z.int(),
  name: z.string(),
  server: z.enum(["open", "down", "keyed"]),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string().optional(),
    padSpaces: z.int().optional(),
  }),
  response: z.union([
    z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.string() }),
    z.object({ networkError: z.string() }),
  ]),
  compare: z.enum(["exact", "ties", "class"]),
  volatile: z.array(z.string()).default([]),
  afterReset: z.boolean().default(false),
});
export type Row = z.infer<typeof rowSchema>;

export type Actual =
  | { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | { readonly networkError: string };

export function readRecordings(name: "recordings" | "recordings-filters"): readonly Row[] {
  const text = readFileSync(join(import.meta.dirname, `../testdata/${name}.jsonl`), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => rowSchema.parse(JSON.parse(line)));
}

/** Sends rows over one kept-alive connection. A connection that the server had closed is opened once more. */
export class Replayer {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly port: number;
  /** How often a kept-alive connection turned out to be closed. */
  resets = 0;

  constructor(port: number) {
    this.port = port;
  }

  async send(row: Row): Promise<Actual> {
    const first = await this.attempt(row);
    if (!("networkError" in first) || !["ECONNRESET", "EPIPE"].includes(first.networkError)) return first;
    this.resets += 1;
    return this.attempt(row);
  }

  close(): void {
    this.agent.destroy();
  }

  private attempt({ request: sent }: Row): Promise<Actual> {
    const { promise, resolve } = Promise.withResolvers<Actual>();
    const body = bodyOf(sent);
    const headers = { ...sent.headers, ...(body === undefined ? {} : { "content-length": body.length }) };
    const outgoing = request({
      port: this.port,
      host: "127.0.0.1",
      agent: this.agent,
      method: sent.method,
      path: sent.path,
      headers,
    });
    outgoing.setTimeout(10_000, () => outgoing.destroy(new Error("no answer within 10 s")));
    outgoing.on("error", (error: NodeJS.ErrnoException) => resolve({ networkError: error.code ?? error.message }));
    outgoing.on("response", (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("end", () => {
        const bytes = Buffer.concat(parts);
        const text = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text.toString("utf8") });
      });
    });
    outgoing.end(body);
    return promise;
  }
}

function bodyOf({ body, padSpaces }: Row["request"]): Buffer | undefined {
  return body === undefined ? undefined : Buffer.from(body + " ".repeat(padSpaces ?? 0));
}

const comparedHeaders = ["content-type", "vary", "content-encoding"];

/** In what the answer differs from the recorded one; nothing when it passes. */
export function differences(row: Row, actual: Actual): readonly string[] {
  const { response } = row;
  if ("networkError" in response || "networkError" in actual) {
    const [expected, got] = [JSON.stringify(response).slice(0, 200), JSON.stringify(actual).slice(0, 200)];
    return expected === got ? [] : [`${got}, expected ${expected}`];
  }
  if (actual.status !== response.status)
    return [`status ${actual.status}, expected ${response.status}: ${actual.body.slice(0, 200)}`];
  const headers = comparedHeaders.flatMap((name) => {
    const [expected, got] = [response.headers[name], actual.headers[name]];
    return expected === got ? [] : [`${name}: ${String(got)}, expected ${expected}`];
  });
  const connection =
    actual.headers.connection === response.headers["connection"] ? [] : [`connection: ${actual.headers.connection}`];
  const announced =
    (actual.headers["content-length"] === undefined) === (response.headers["content-length"] === undefined);
  const length = announced ? [] : ["content-length"];
  return [...headers, ...connection, ...length, ...bodyDifferences(row, response.body, actual.body)];
}

function bodyDifferences(row: Row, expected: string, got: string): readonly string[] {
  if (!/^[[{]/.test(expected)) return expected === got ? [] : [`body ${got}, expected ${expected}`];
  if (row.compare === "class") return compare(classOf(got), classOf(expected), "/status/error");
  const [left, right] = [parseJson(got), parseJson(expected)];
  const kept = (side: Json) => row.volatile.reduce((rest, pointer) => without(rest, pointer.split("/").slice(1)), side);
  if (row.compare === "ties") return compareTies(row, kept(left), kept(right));
  return compare(kept(left), kept(right), "");
}

/** What kind of error it is; how it goes on is worded otherwise. */
function classOf(body: string): Json {
  return /^\{"status":\{"error":"([^:]+):.*"time":0\.0\}$/.exec(body)?.[1] ?? body;
}

function without(value: Json, steps: readonly string[]): Json {
  const [step = "", ...rest] = steps;
  if (isArray(value)) return value.map((element) => without(element, rest));
  if (!isObject(value) || !Object.hasOwn(value, step)) return value;
  const { [step]: member = null, ...others } = value;
  return rest.length === 0 ? others : { ...others, [step]: without(member, rest) };
}

function textOf(value: Json): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? String(member) : member));
}

function sameValue(a: Json, b: Json): boolean {
  const [x, y] = [toDouble(a), toDouble(b)];
  if (x === undefined || y === undefined || isInteger(a) || isInteger(b)) return a === b;
  return Math.abs(x - y) <= 2e-6;
}

function compare(got: Json, expected: Json, path: string): readonly string[] {
  if (isArray(got) && isArray(expected) && got.length === expected.length) {
    return got.flatMap((element, index) => compare(element, expected[index] ?? null, `${path}/${index}`));
  }
  if (isObject(got) && isObject(expected)) {
    const names = [got, expected].map((object) => Object.keys(object).toSorted().join());
    if (names[0] !== names[1]) return [`${path}: members ${names[0]}, expected ${names[1]}`];
    return Object.entries(got).flatMap(([name, member]) => compare(member, expected[name] ?? null, `${path}/${name}`));
  }
  return sameValue(got, expected) ? [] : [`${path}: ${textOf(got)}, expected ${textOf(expected)}`];
}

/** Scores in order; the members of one score in any order; of a score that the limit cuts, any members. */
function compareTies(row: Row, got: Json, expected: Json): readonly string[] {
  const [left, right] = [pointsOf(got), pointsOf(expected)];
  const scores = compare(left.map(orderOf), right.map(orderOf), "/scores");
  const members = compare(
    left.map((point) => Object.keys(point)),
    right.map((point) => Object.keys(point)),
    "/members",
  );
  const limit = toDouble(asObject(parseJson(row.request.body ?? "{}"))["limit"]);
  const last = right.at(-1);
  const cut = last !== undefined && right.length === limit ? orderOf(last) : undefined;
  const kept = (point: JsonObject) => cut === undefined || !sameValue(orderOf(point), cut);
  const ids = compare(idsOf(left.filter(kept)), idsOf(right.filter(kept)), "/ids");
  return [...scores, ...members, ...ids];
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function pointsOf(answer: Json): readonly JsonObject[] {
  const points = asObject(asObject(answer)["result"])["points"];
  return isArray(points) ? points.map(asObject) : [];
}

function orderOf(point: JsonObject): Json {
  return point["score"] ?? point["order_value"] ?? null;
}

/** Which scores they belong to is compared apart, so the ids alone are compared as a set. */
function idsOf(points: readonly JsonObject[]): Json {
  return points.map((point) => point["id"] ?? null).toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}
