// Qdrant's own engine as the oracle of what a filter means: a library from PyPI in a process of Python's, behind as much
// of the REST API as the sidecar asks for. No strict mode, no vectors of any interest.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { listen } from "#support/http-server.ts";
import { installQdrantEngine } from "../wheel-install.ts";

type QdrantEngine = {
  readonly url: string;
  /** Makes the collection anew: payloads, each with its `chunk_id`, and types of payload indexes by key. */
  readonly load: (payloads: readonly object[], indexes: Readonly<Record<string, string>>) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Rejects where pip, Python or a wheel for this machine is missing. */
export async function startQdrantEngine(): Promise<QdrantEngine> {
  const library = await installQdrantEngine();
  const folder = mkdtempSync(join(tmpdir(), "retriever-engine-"));
  const script = join(import.meta.dirname, "engine.py");
  const child = spawn("python3", [script, folder], { env: { ...process.env, PYTHONPATH: library } });
  const ask = makeAsk(child);
  let ids: readonly unknown[] = [];
  let indexes: Readonly<Record<string, string>> = {};
  const answer = async (request: IncomingMessage): Promise<object> => {
    const body = await text(request);
    if (request.method === "GET") return infoOf(ids.length, indexes);
    // The filter goes on as text: its numbers have 64 bits.
    const filter = /"filter":(.*)\}$/.exec(body)?.[1] ?? "{}";
    const found = (await ask(`{"filter":${filter}}`)) as { readonly ids: readonly number[] };
    return { points: found.ids.map((id) => ({ id, version: 1, score: 1, payload: { chunk_id: ids[id] } })) };
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (result) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ result })),
      (error: unknown) => response.writeHead(400).end(JSON.stringify({ status: { error: String(error) } })),
    );
  });
  const { url, close } = await listen(server);
  return {
    url,
    load: async (payloads, kinds) => {
      await ask(JSON.stringify({ points: payloads, indexes: kinds }));
      ids = payloads.map((payload) => Reflect.get(payload, "chunk_id") as unknown);
      indexes = kinds;
    },
    close: async () => {
      await close();
      child.stdin.end();
      await new Promise((resolve) => child.once("close", resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Questions are answered in order, a line each. */
function makeAsk(child: ChildProcessWithoutNullStreams): (line: string) => Promise<unknown> {
  const waiting: PromiseWithResolvers<unknown>[] = [];
  let errors = "";
  child.stderr.on("data", (part: Buffer) => {
    errors = `${errors}${String(part)}`.slice(-2000);
  });
  child.stdin.on("error", () => undefined);
  createInterface(child.stdout).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));
  child.on("error", (error) => {
    errors = String(error);
  });
  child.on("close", () => {
    for (const each of waiting) each.reject(new Error(`the engine ended: ${errors}`));
  });
  return (line) => {
    const answer = Promise.withResolvers<unknown>();
    waiting.push(answer);
    child.stdin.write(`${line}\n`);
    return answer.promise;
  };
}

function infoOf(points: number, indexes: Readonly<Record<string, string>>): object {
  const schema = Object.entries(indexes).map(([key, data_type]) => [key, { data_type, points }]);
  const config = { params: { vectors: { size: 1, distance: "Dot" } } };
  return { status: "green", points_count: points, config, payload_schema: Object.fromEntries(schema) };
}
