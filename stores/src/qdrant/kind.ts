// Qdrant as the list of kinds knows it.

import { readFields } from "#config/chunk-fields.ts";
import { headerFault } from "#config/credential-text.ts";
import { type Lookup, tlsOf } from "#config/lookup.ts";
import type { Secret } from "#config/secret.ts";
import { defineKind } from "../kind.ts";
import { qdrantLayouts } from "./config/layouts.ts";
import {
  locateQdrant,
  type QdrantDocument,
  type QdrantSpec,
  qdrantBaseSchema,
  qdrantOverlaySchema,
} from "./config/schema.ts";

const form = {
  locate: ({ url, collection, vectorName }: QdrantDocument) => ({
    ...locateQdrant(url, collection),
    vector: vectorName,
  }),
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
    makePlaces: (await import("./chunks/make-collection.ts")).makeQdrantPlaces,
    checkStore: (await import("./check/check-collection.ts")).checkCollection,
  }),
});

function resolve(
  { apiKey, tls, layout, fields, namespaceField, ...tuning }: QdrantDocument,
  lookup: Lookup,
): QdrantSpec {
  const isEncrypted = new URL(tuning.url).protocol === "https:";
  if (tls !== undefined && !isEncrypted) throw lookup.refuse("tls", "expected https:// in url beside it, got http://");
  return {
    ...tuning,
    fields: readFields({ layout, fields, namespaceField }, qdrantLayouts),
    apiKey: apiKey === undefined ? null : headerCredential(lookup.credential(apiKey, "apiKey"), lookup),
    tls: isEncrypted ? tlsOf(tls, lookup) : null,
  };
}

function headerCredential(key: Secret, lookup: Lookup): Secret {
  const fault = headerFault(key.reveal());
  if (fault !== undefined) throw lookup.refuse("apiKey", `the key ${fault}`, "RETR_CREDENTIAL_INVALID");
  return key;
}
