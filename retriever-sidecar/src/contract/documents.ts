// The contract for other tools: JSON Schemas of base and overlay, OpenAPI of both listeners. Made from the same schemas
// that judge the documents.
import { z } from "zod";
import { baseConfigSchema } from "./base.ts";
import { binSeconds, keptSeconds, maxWindows } from "./evidence.ts";
import { filterBody } from "./filter-body.ts";
import { overlaySchema } from "./overlay.ts";
import { maxBodyBytes, maxDimension, retrieveEnvelopeSchema } from "./retrieve.ts";
import { sidecarStatusSchema } from "./status.ts";
import { verifyReportSchema } from "./verify-report.ts";

type Json = Readonly<Record<string, unknown>>;

/** JSON Schema (2020-12), without what only the API's own tests read of a field. */
function jsonSchemaOf(title: string, schema: z.ZodType, io: "input" | "output"): Json {
  const override: NonNullable<Parameters<typeof z.toJSONSchema>[1]>["override"] = ({ jsonSchema }) => {
    delete jsonSchema["refused"];
    delete jsonSchema["beside"];
  };
  return { title, ...z.toJSONSchema(schema, { io, override }) };
}

const candidate = {
  type: "object",
  required: ["chunkId", "entityId", "similarity", "updatedAt"],
  properties: {
    chunkId: { type: "string" },
    entityId: { type: "string" },
    similarity: {
      type: "number",
      minimum: 0,
      maximum: 1,
      description: "Within the configured range; higher is nearer.",
    },
    updatedAt: { type: ["string", "null"], format: "date-time" },
    text: { type: ["string", "null"], description: "Of requests that include it; null: the chunk has none." },
    metadata: { type: "object", description: "Likewise: the fields of the base's select, by their logical names." },
    isCut: { const: true, description: "The text goes on, or the metadata was left out, to keep the answer small." },
  },
};

const errorBody = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" }, path: { type: "string" } },
    },
  },
};

const embedding = {
  description: "Numbers within float32, or base64 of little-endian float32.",
  oneOf: [
    { type: "array", items: { type: "number" }, minItems: 1, maxItems: maxDimension },
    { type: "string", contentEncoding: "base64" },
  ],
};

function retrieveRequest(): Json {
  const { $schema: _, required, properties, ...rest } = z.toJSONSchema(retrieveEnvelopeSchema, { io: "input" });
  const filter = { $ref: "#/components/schemas/Filter" };
  return { ...rest, required: ["embedding", ...(required ?? [])], properties: { embedding, ...properties, filter } };
}

function answer(description: string, schema: Json): Json {
  return { description, content: { "application/json": { schema } } };
}

function failure(description: string): Json {
  return answer(description, { $ref: "#/components/schemas/Error" });
}

function retrieveOperation(): Json {
  return {
    summary: "The nearest chunks of an embedding, from the primary store",
    description: `At most ${maxBodyBytes} bytes. traceparent and tracestate are passed on to stores reached over HTTP.`,
    parameters: ["traceparent", "tracestate"].map((name) => ({ name, in: "header", schema: { type: "string" } })),
    requestBody: { required: true, content: { "application/json": { schema: retrieveRequest() } } },
    responses: {
      200: answer("Best first, at most k", {
        type: "object",
        required: ["candidates", "vectorMs"],
        properties: { candidates: { type: "array", items: candidate }, vectorMs: { type: "number" } },
      }),
      400: failure("RETR_REQUEST_INVALID, with the path of the field"),
      413: failure("RETR_BODY_TOO_LARGE"),
      503: failure("RETR_BACKEND_UNAVAILABLE, RETR_OVERLOADED or RETR_NOT_READY; Retry-After where it is asked for"),
      504: failure("RETR_DEADLINE_EXCEEDED"),
    },
  };
}

function statusOperation(): Json {
  const { $schema: _, ...status } = z.toJSONSchema(sidecarStatusSchema, { io: "output" });
  const windows = {
    name: "windows",
    in: "query",
    description: `At most ${maxWindows} spans, seconds[@how many seconds ago it ended], together at most ${keptSeconds} s.`,
    schema: { type: "string" },
    example: "15,300,300@300",
  };
  const bins = {
    name: "bins",
    in: "query",
    description:
      `Epoch seconds of the pod's wall clock: the closed bins of ${binSeconds} s from there on, of the last ${keptSeconds} s and ` +
      "of the epoch in force, oldest first, empty ones left out. Go on from evidence.closedAt. Without it no bins.",
    schema: { type: "integer", minimum: 0, maximum: 9_999_999_999 },
    example: 1_790_000_000,
  };
  return {
    summary: "What this pod runs, knows of its stores, and has counted",
    parameters: [windows, bins],
    responses: {
      200: answer("The status", status),
      400: failure("RETR_REQUEST_INVALID: windows or bins aren't any; path names which"),
      503: failure("RETR_NOT_READY"),
    },
  };
}

function plain(summary: string, responses: Json): Json {
  return { get: { summary, responses } };
}

/** OpenAPI 3.1 of the application's and the admin listener. */
function openApi(): Json {
  const [app, admin] = ["http://127.0.0.1:7080", "http://127.0.0.1:7090"].map((url) => ({ servers: [{ url }] }));
  const text = { 200: { description: "Exposition text", content: { "text/plain": { schema: { type: "string" } } } } };
  return {
    openapi: "3.1.0",
    info: { title: "retriever-sidecar", version: "v1" },
    paths: {
      "/v1/retrieve": { ...app, post: retrieveOperation() },
      "/v1/status": { ...admin, get: statusOperation() },
      "/metrics": { ...admin, ...plain("Metrics", text) },
      "/healthz": { ...admin, ...plain("Alive", { 200: { description: "Alive" } }) },
      "/readyz": {
        ...admin,
        ...plain("A valid configuration is in force", {
          200: { description: "Ready" },
          503: failure("RETR_NOT_READY"),
        }),
      },
    },
    components: { schemas: { Error: errorBody, Filter: filterBody } },
  };
}

/** The documents by the name they have under `docs/`, in the repository and on the admin listener. */
export const contractDocuments: Readonly<Record<string, () => Json>> = {
  "retriever-config.schema.json": () => jsonSchemaOf("Retriever base configuration", baseConfigSchema, "input"),
  "retriever-overlay.schema.json": () => jsonSchemaOf("Retriever migration overlay", overlaySchema, "input"),
  "sidecar-openapi.json": openApi,
  "verify-report.schema.json": () => jsonSchemaOf("Retriever verification report", verifyReportSchema, "output"),
};
