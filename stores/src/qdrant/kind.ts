// Qdrant as the list of kinds knows it.
import { type Lookup, tlsOf } from "#config/lookup.ts";
import { defineKind } from "../kind.ts";
import {
  locateQdrant,
  type QdrantDocument,
  type QdrantSpec,
  qdrantBaseSchema,
  qdrantOverlaySchema,
} from "./config/schema.ts";

const form = {
  locate: ({ url, collection }: QdrantDocument) => locateQdrant(url, collection),
  credentials: ({ apiKey }: QdrantDocument) => ({ apiKey }),
  resolve,
};

export const qdrantKind = defineKind({
  kind: "qdrant",
  base: { schema: qdrantBaseSchema, ...form },
  overlay: { schema: qdrantOverlaySchema, ...form },
  load: async () => ({
    makeBackend: (await import("./retrieve/backend.ts")).makeQdrantBackend,
    makeChunkStore: (await import("./chunks/chunk-store.ts")).makeQdrantChunkStore,
    makeChunkWriter: (await import("./chunks/chunk-writer.ts")).makeQdrantChunkWriter,
  }),
});

function resolve({ apiKey, tls, ...tuning }: QdrantDocument, lookup: Lookup): QdrantSpec {
  return {
    ...tuning,
    apiKey: apiKey === undefined ? null : lookup.credential(apiKey, "apiKey"),
    tls: new URL(tuning.url).protocol === "https:" ? tlsOf(tls, lookup) : null,
  };
}
