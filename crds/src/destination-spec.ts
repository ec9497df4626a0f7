// The destination of a spec: the stores of the sidecar's contract, and what their fields mean to whoever writes a migration.
import { pgvectorOverlaySchema, qdrantOverlaySchema } from "@retriever/sidecar/contract/adapter.ts";
import { z } from "zod";
import { doc, documented } from "./field-doc.ts";

/** A credential by reference: of variable and file, an example that is taken and one that is refused. */
function credential(variable: readonly [string, string], file: readonly [string, string]) {
  const meaning = "Environment variable of the sidecar's container, named RETRIEVER_CRED_*; or fromFile.";
  return [
    { fromEnv: doc(meaning, ...variable) },
    {
      fromFile: doc("File directly under /etc/retriever/credentials in the sidecar's container; or fromEnv.", ...file),
    },
  ];
}

/** Docs of the fields that every store has. */
const shared = {
  timeoutMs: doc("Deadline of one request to the store, in milliseconds.", 2000, 5),
  tls: {
    caFile: doc(
      "PEM file of the authority that signed the store's certificate; the system's authorities when absent.",
      "/etc/retriever/ca/store.pem",
      "ca.pem",
    ),
  },
};

const kindMeaning = "Which store it is; decides which other fields there are.";
const namespaceMeaning = "Column or payload key that keeps the namespaces apart.";

const pgvectorSchema = documented(pgvectorOverlaySchema, {
  ...shared,
  kind: doc(kindMeaning, "pgvector", "milvus"),
  host: doc(
    "Host of PostgreSQL. The pods' RETRIEVER_ALLOWED_HOSTS has to name it.",
    "pg.search.svc",
    "pg.search.svc/chunks",
  ),
  port: doc("Port of PostgreSQL.", 6432, 70_000),
  database: doc("Database that holds the table.", "search", ""),
  user: credential(["RETRIEVER_CRED_PG_USER", "PGUSER"], ["/etc/retriever/credentials/pg-user", "/etc/passwd"]),
  password: credential(
    ["RETRIEVER_CRED_PG_PASSWORD", "PGPASSWORD"],
    ["/etc/retriever/credentials/pg-password", "/etc/retriever/credentials/../secret"],
  ),
  schema: doc("Schema of the table.", "retrieval", "public; drop table chunks"),
  table: doc("Table of the chunks.", "chunks", "vector-chunks"),
  embeddingColumn: doc("Column of the vectors.", "vector", "1st"),
  metadataColumns: doc(
    "Further columns that come back as metadata and can be filtered.",
    ["language", "source"],
    "language",
  ),
  namespaceField: doc(namespaceMeaning, "tenant", "tenant.id"),
  distance: doc("Distance of the vectors' index; similarities follow from it.", "l2", "euclid"),
  poolSize: doc("Most connections of one pod.", 20, 0),
  preparedStatements: doc("False behind a pooler in transaction mode.", false, "no"),
  indexSettings: {
    hnswEfSearch: doc("hnsw.ef_search of every query; the server's own when absent.", 200, 5000),
    ivfflatProbes: doc("ivfflat.probes of every query; the server's own when absent.", 20, 0),
  },
});

const qdrantSchema = documented(qdrantOverlaySchema, {
  ...shared,
  kind: doc(kindMeaning, "qdrant", "milvus"),
  url: doc(
    "http(s)://host[:port] of Qdrant. The pods' RETRIEVER_ALLOWED_HOSTS has to name the host.",
    "https://qdrant.search.svc:6333",
    "https://user@qdrant.search.svc:6333",
  ),
  collection: doc("Collection of the chunks.", "chunks", "my chunks"),
  consistency: doc("Strong asks every replica of a shard, eventual any one.", "strong", "quorum"),
  namespaceField: doc(namespaceMeaning, "tenant.id", "tenant id"),
  vectorName: doc("Named vector to search; the unnamed one when absent.", "text", ""),
  apiKey: credential(["RETRIEVER_CRED_QDRANT", "HOME"], ["/etc/retriever/credentials/qdrant", "/root/.qdrant"]),
});

export const destinationSchema = z
  .discriminatedUnion("kind", [pgvectorSchema, qdrantSchema])
  .describe(
    "The store to move to. Credentials by reference only; they are resolved in the pods. Immutable once started.",
  );
