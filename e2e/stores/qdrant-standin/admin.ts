// The admin port of a stand-in that runs as its own process: changes its faults. No part of Qdrant's API.
// It listens apart from the data port, so it answers while connections are refused there.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { type Listening, listen, readBytes } from "#support/http-server.ts";
import type { FaultControls } from "./start.ts";

const faultChangesSchema = z.strictObject({
  latencyMs: z.number().min(0).max(60_000).exactOptional(),
  errors: z.boolean().exactOptional(),
  hang: z.boolean().exactOptional(),
  dropHalf: z.boolean().exactOptional(),
  refuse: z.boolean().exactOptional(),
});
export type FaultChanges = z.infer<typeof faultChangesSchema>;

const bodyLimit = 4096;

/** Serves `/faults` on an address. Rejects when it is taken. */
export function startAdmin(faults: FaultControls, port: number, address: string): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(faults, request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  server.requestTimeout = 5000;
  return listen(server, address, port);
}

async function answer(faults: FaultControls, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBytes(request, bodyLimit, () => new Error(`body is longer than ${bodyLimit} bytes`));
  if (request.url === "/faults" && request.method === "PATCH") {
    await faults.set(faultChangesSchema.parse(JSON.parse(body.toString("utf8"))));
  } else if (request.url === "/faults" && request.method === "DELETE") {
    await faults.clear();
  } else {
    throw new Error("expected PATCH or DELETE of /faults");
  }
  response.writeHead(200).end();
}
