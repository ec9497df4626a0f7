// Qdrant as the registry knows it.
import { defineAdapter, type Lookup, tlsOf } from "#adapters/adapter.ts";
import { qdrantBaseSchema, qdrantOverlaySchema } from "#contract/adapter.ts";
import { locateQdrant } from "#contract/identity.ts";
import { makeQdrantChunkStore } from "./chunk-store.ts";
import { makeQdrantChunkWriter } from "./chunk-writer.ts";
import { makeQdrantBackend } from "./qdrant-backend.ts";
import type { QdrantDocument, QdrantSpec } from "./spec.ts";

const form = {
  locate: ({ url, collection }: QdrantDocument) => locateQdrant(url, collection),
  credentials: ({ apiKey }: QdrantDocument) => ({ apiKey }),
  resolve,
};

export const qdrantAdapter = defineAdapter({
  kind: "qdrant",
  base: { schema: qdrantBaseSchema, ...form },
  overlay: { schema: qdrantOverlaySchema, ...form },
  makeBackend: makeQdrantBackend,
  makeChunkStore: makeQdrantChunkStore,
  makeChunkWriter: makeQdrantChunkWriter,
});

function resolve({ apiKey, tls, ...tuning }: QdrantDocument, lookup: Lookup): QdrantSpec {
  return {
    ...tuning,
    apiKey: apiKey === undefined ? null : lookup.credential(apiKey, "apiKey"),
    tls: new URL(tuning.url).protocol === "https:" ? tlsOf(tls, lookup) : null,
  };
}
