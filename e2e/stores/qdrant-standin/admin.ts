// The admin port of a stand-in that runs as its own process: reads and changes its faults. No part of Qdrant's API.
// It listens apart from the data port, so it answers while connections are refused there.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { z } from "zod";
import type { FaultControls, Faults } from "./start.ts";

const key = z.string().min(1).max(256).nullable();

export const faultChangesSchema = z.strictObject({
  latencyMs: z.number().min(0).max(60_000).optional(),
  errors: z.boolean().optional(),
  hang: z.boolean().optional(),
  dropHalf: z.boolean().optional(),
  refuse: z.boolean().optional(),
  apiKey: key.optional(),
  readOnlyApiKey: key.optional(),
});
/** Faults to change; `null` takes a key back. */
export type FaultChanges = z.infer<typeof faultChangesSchema>;

const bodyLimit = 4096;

type AdminAnswer = { readonly status: number; readonly body: unknown };

/** Serves `/faults` on an address. Rejects when it is taken. */
export async function startAdmin(faults: FaultControls, port: number, address: string): Promise<Server> {
  const server = createServer((request, response) => {
    answer(faults, request)
      .catch((error: unknown) => ({
        status: 400,
        body: { error: error instanceof Error ? error.message : "bad request" },
      }))
      .then(({ status, body }) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
      )
      .catch(() => response.destroy());
  });
  server.requestTimeout = 5000;
  server.listen(port, address);
  await once(server, "listening");
  return server;
}

async function answer(faults: FaultControls, request: IncomingMessage): Promise<AdminAnswer> {
  if (request.url !== "/faults") return { status: 404, body: { error: "expected /faults" } };
  if (request.method === "PATCH") {
    const { apiKey, readOnlyApiKey, ...rest } = faultChangesSchema.parse(JSON.parse(await readText(request)));
    await faults.set({ ...defined(rest), ...keyOf("apiKey", apiKey), ...keyOf("readOnlyApiKey", readOnlyApiKey) });
  } else if (request.method === "DELETE") {
    await faults.clear();
  } else if (request.method !== "GET") {
    return { status: 405, body: { error: "expected GET, PATCH or DELETE" } };
  }
  return { status: 200, body: shown(faults.get()) };
}

/** Keys are secrets: only whether there is one is told. */
function shown({ apiKey, readOnlyApiKey, ...rest }: Faults): object {
  return { ...rest, keyRequired: apiKey !== undefined || readOnlyApiKey !== undefined };
}

function keyOf(name: "apiKey" | "readOnlyApiKey", value: string | null | undefined): Partial<Faults> {
  return value === undefined ? {} : { [name]: value ?? undefined };
}

function defined<T extends object>(changes: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request as AsyncIterable<Buffer>) {
    text += part.toString("utf8");
    if (text.length > bodyLimit) throw new Error(`body is longer than ${bodyLimit} characters`);
  }
  return text;
}
