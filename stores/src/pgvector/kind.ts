// pgvector as the list of kinds knows it: one connection string in a base, its parts in an overlay.
import type { StoreLocation } from "#config/identity.ts";
import { Secret } from "#config/secret.ts";
import { defineKind, type Lookup, tlsOf } from "../kind.ts";
import {
  locatePostgres,
  type PgvectorBase,
  type PgvectorOverlay,
  type PgvectorSpec,
  pgvectorBaseSchema,
  pgvectorOverlaySchema,
} from "./config.ts";

export const pgvectorKind = defineKind({
  kind: "pgvector",
  base: {
    schema: pgvectorBaseSchema,
    locate: (document: PgvectorBase, lookup) => locateConnection(document, connectionOf(document, lookup), lookup),
    credentials: ({ connectionString }) => ({ connectionString }),
    resolve: specFromUrl,
  },
  overlay: {
    schema: pgvectorOverlaySchema,
    locate: ({ host, port, database, schema, table }) => ({
      kind: "pgvector",
      host,
      port,
      place: `${database}/${schema}.${table}`,
    }),
    credentials: ({ user, password }) => ({ user, password }),
    resolve: specFromParts,
  },
  load: async () => ({
    makeBackend: (await import("./retrieve/backend.ts")).makePgvectorBackend,
    makeChunkStore: (await import("./chunks/chunk-store.ts")).makePgvectorChunkStore,
    makeChunkWriter: (await import("./chunks/chunk-writer.ts")).makePgvectorChunkWriter,
  }),
});

function specFromParts({ user, password, tls, ...rest }: PgvectorOverlay, lookup: Lookup): PgvectorSpec {
  return {
    ...rest,
    user: lookup.credential(user, "user"),
    password: password === undefined ? null : lookup.credential(password, "password"),
    tls: tls === undefined ? null : tlsOf(tls, lookup),
  };
}

function connectionOf({ connectionString }: PgvectorBase, lookup: Lookup): Secret {
  return lookup.credential(connectionString, "connectionString");
}

function locateConnection({ schema, table }: PgvectorBase, url: Secret, lookup: Lookup): StoreLocation {
  try {
    return locatePostgres(url.reveal(), schema, table);
  } catch {
    throw lookup.refuse("connectionString", "expected postgres://user:password@host:port/database");
  }
}

const verifyingModes = new Set(["require", "verify-ca", "verify-full"]);
const plainModes = new Set(["disable", "allow", "prefer"]);

/** `sslmode` require and stricter verify the certificate; prefer and weaker are plain text, as nothing would be checked. */
function specFromUrl(document: PgvectorBase, lookup: Lookup): PgvectorSpec {
  const { connectionString: _, tls, ...tuning } = document;
  const connection = connectionOf(document, lookup);
  const location = locateConnection(document, connection, lookup);
  const url = new URL(connection.reveal());
  const mode = url.searchParams.get("sslmode") ?? "disable";
  if (!verifyingModes.has(mode) && !plainModes.has(mode)) {
    throw lookup.refuse(
      "connectionString",
      "expected sslmode disable, allow, prefer, require, verify-ca or verify-full",
    );
  }
  const caFile = tls?.caFile ?? url.searchParams.get("sslrootcert") ?? undefined;
  const isVerified = tls !== undefined || verifyingModes.has(mode);
  return {
    ...tuning,
    host: location.host,
    port: location.port,
    database: location.place.slice(0, location.place.lastIndexOf("/")),
    user: new Secret(decodeURIComponent(url.username)),
    password: url.password === "" ? null : new Secret(decodeURIComponent(url.password)),
    tls: isVerified ? tlsOf({ caFile }, lookup) : null,
  };
}
