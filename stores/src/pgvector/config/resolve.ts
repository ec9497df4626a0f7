// From a document of pgvector to its location and to what is needed to connect.
import { readFields } from "#config/chunk-fields.ts";
import type { StoreLocation } from "#config/identity.ts";
import { type Lookup, tlsOf } from "#config/lookup.ts";
import { Secret } from "#config/secret.ts";
import { ConnectionRefusal } from "./connection-parameters.ts";
import { type Connection, readConnectionString } from "./connection-string.ts";
import { pgvectorLayouts } from "./layouts.ts";
import { defaultEmbeddingColumn, type PgvectorBase, type PgvectorOverlay, type PgvectorSpec } from "./schema.ts";

/** Location of a Postgres connection string. Throws ConnectionRefusal. */
export function locatePostgres(connectionString: string, schema: string, table: string): StoreLocation {
  return locationOf(readConnectionString(connectionString), { schema, table });
}

type Table = Pick<PgvectorBase, "schema" | "table">;

function locationOf({ host, port, database }: Connection, { schema, table }: Table): StoreLocation {
  return { kind: "pgvector", host, port, place: `${database}/${schema}.${table}` };
}

export function locateBase(document: PgvectorBase, lookup: Lookup): StoreLocation {
  return { ...locationOf(readConnection(document, lookup), document), vector: vectorOf(document) };
}

/** The column, where it isn't the default: that store keeps the identity it always had. */
export function vectorOf({ embeddingColumn }: Pick<PgvectorBase, "embeddingColumn">): string | undefined {
  return embeddingColumn === defaultEmbeddingColumn ? undefined : embeddingColumn;
}

function readConnection({ connectionString }: PgvectorBase, lookup: Lookup): Connection {
  const text = lookup.credential(connectionString, "connectionString").reveal();
  try {
    return readConnectionString(text);
  } catch (error) {
    if (error instanceof ConnectionRefusal) throw lookup.refuse("connectionString", error.message);
    throw error;
  }
}

/** The document's own `tls` counts before what the string says. */
export function resolveBase(document: PgvectorBase, lookup: Lookup): PgvectorSpec {
  const { connectionString: _, tls, ...rest } = document;
  const connection = readConnection(document, lookup);
  const { host, port, database, user, password, isVerified, caFile, session } = connection;
  if (tls !== undefined && host.startsWith("/")) {
    throw lookup.refuse("tls", "expected none with a socket, which has no TLS");
  }
  if (tls === undefined) refuseUnread(connection, lookup);
  return {
    ...withFields(rest),
    host,
    port,
    database,
    user: new Secret(user),
    password: password === null ? null : new Secret(password),
    tls: tls !== undefined || isVerified ? tlsOf({ caFile: tls?.caFile ?? caFile ?? undefined }, lookup) : null,
    session,
  };
}

/** Other programs that have the same string would take TLS from it. */
function refuseUnread({ host, saysTls }: Connection, lookup: Lookup): void {
  const mode = lookup.variable("PGSSLMODE") ?? "";
  if (saysTls || host.startsWith("/") || /^(disable|allow|prefer)?$/.test(mode)) return;
  const expected =
    "expected sslmode in it, as the variable PGSSLMODE asks for TLS and isn't read: add sslmode=verify-full";
  throw lookup.refuse("connectionString", `${expected}, or sslmode=disable where plain text is meant`);
}

type Named = Pick<PgvectorBase, "layout" | "fields" | "namespaceField" | "metadataColumns">;

function withFields<Document extends Named>({ layout, fields, namespaceField, metadataColumns, ...rest }: Document) {
  return { ...rest, fields: readFields({ layout, fields, namespaceField, metadataColumns }, pgvectorLayouts) };
}

export function resolveOverlay({ user, password, tls, ...rest }: PgvectorOverlay, lookup: Lookup): PgvectorSpec {
  return {
    ...withFields(rest),
    user: lookup.credential(user, "user"),
    password: password === undefined ? null : lookup.credential(password, "password"),
    tls: tls === undefined ? null : tlsOf(tls, lookup),
    session: {},
  };
}
