// The same with a framework: fastify with schemas for request and answer, and the official client.
import { fastify } from "fastify";
import { announce } from "./announce.ts";
import { type RetrieveBody, searchWithClient } from "./client-search.ts";

const search = searchWithClient(process.argv[2] ?? "", process.argv[3] ?? "");

const candidate = {
  type: "object",
  properties: {
    chunkId: { type: "string" },
    entityId: { type: "string" },
    similarity: { type: "number" },
    updatedAt: { type: "string" },
  },
};
const answer = {
  type: "object",
  properties: { candidates: { type: "array", items: candidate }, vectorMs: { type: "number" } },
};
const body = {
  type: "object",
  required: ["embedding", "k"],
  properties: { embedding: { type: "array", items: { type: "number" } }, k: { type: "integer" } },
};

const app = fastify({ bodyLimit: 1_048_576 });
app.post<{ Body: RetrieveBody }>("/v1/retrieve", { schema: { body, response: { 200: answer } } }, (request) =>
  search(request.body),
);
announce({ url: await app.listen({ host: "127.0.0.1", port: 0 }) });
