// pgvector as the list of kinds knows it: one connection string in a base, its parts in an overlay.
import { defineKind } from "../kind.ts";
import { locateBase, resolveBase, resolveOverlay, vectorOf } from "./config/resolve.ts";
import { pgvectorBaseSchema, pgvectorOverlaySchema } from "./config/schema.ts";

export const pgvectorKind = defineKind({
  kind: "pgvector",
  base: {
    schema: pgvectorBaseSchema,
    locate: locateBase,
    credentials: ({ connectionString }) => ({ connectionString }),
    resolve: resolveBase,
  },
  overlay: {
    schema: pgvectorOverlaySchema,
    locate: ({ host, port, database, schema, table, embeddingColumn }) => ({
      kind: "pgvector",
      host,
      port,
      place: `${database}/${schema}.${table}`,
      vector: vectorOf({ embeddingColumn }),
    }),
    credentials: ({ user, password }) => ({ user, password }),
    resolve: resolveOverlay,
  },
  load: async () => ({
    makeBackend: (await import("./retrieve/backend.ts")).makePgvectorBackend,
    makeChunkStore: (await import("./chunks/chunk-store.ts")).makePgvectorChunkStore,
    makeChunkWriter: (await import("./chunks/chunk-writer.ts")).makePgvectorChunkWriter,
    makePlaces: (await import("./chunks/make-table.ts")).makePgvectorPlaces,
    checkStore: (await import("./check/check-table.ts")).checkTable,
  }),
});
