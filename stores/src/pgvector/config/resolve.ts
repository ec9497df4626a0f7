// From a document of pgvector to its location and to what is needed to connect.
import type { StoreLocation } from "#config/identity.ts";
import { type Lookup, tlsOf } from "#config/lookup.ts";
import { Secret } from "#config/secret.ts";
import type { PgvectorBase, PgvectorOverlay, PgvectorSpec } from "./schema.ts";

/** Location of a Postgres connection string. Throws TypeError or URIError when it isn't a URL. */
export function locatePostgres(connectionString: string, schema: string, table: string): StoreLocation {
  const parsed = new URL(connectionString);
  const host = parsed.searchParams.get("host") ?? parsed.hostname;
  const port = parsed.port === "" ? 5432 : Number(parsed.port);
  const database = decodeURIComponent(parsed.pathname.slice(1)) || decodeURIComponent(parsed.username);
  return { kind: "pgvector", host, port, place: `${database}/${schema}.${table}` };
}

export function locateBase(document: PgvectorBase, lookup: Lookup): StoreLocation {
  return readConnection(document, lookup).location;
}

function readConnection({ connectionString, schema, table }: PgvectorBase, lookup: Lookup) {
  const text = lookup.credential(connectionString, "connectionString").reveal();
  try {
    return { url: new URL(text), location: locatePostgres(text, schema, table) };
  } catch {
    throw lookup.refuse("connectionString", "expected postgres://user:password@host:port/database");
  }
}

const verifyingModes = new Set(["require", "verify-ca", "verify-full"]);
const plainModes = new Set(["disable", "allow", "prefer"]);

/** `sslmode` require and stricter verify the certificate; prefer and weaker are plain text, as nothing would be checked. */
export function resolveBase(document: PgvectorBase, lookup: Lookup): PgvectorSpec {
  const { connectionString: _, tls, ...tuning } = document;
  const { url, location } = readConnection(document, lookup);
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

export function resolveOverlay({ user, password, tls, ...rest }: PgvectorOverlay, lookup: Lookup): PgvectorSpec {
  return {
    ...rest,
    user: lookup.credential(user, "user"),
    password: password === undefined ? null : lookup.credential(password, "password"),
    tls: tls === undefined ? null : tlsOf(tls, lookup),
  };
}
