// From an adapter of a document to what is needed to connect: credentials, CA files, the hosts an overlay may name.
import type { BaseAdapter, OverlayAdapter } from "#contract/adapter.ts";
import {
  identityOf,
  locateOverlayAdapter,
  locatePostgres,
  locateQdrant,
  type StoreIdentity,
  type StoreLocation,
} from "#contract/identity.ts";
import { type AllowedHost, checkAllowed } from "#core/allowed-hosts.ts";
import type { Secret } from "#core/secret.ts";
import { Secret as SecretValue } from "#core/secret.ts";
import type { PgvectorSpec, QdrantSpec, StoreChoice, StoreSpec } from "#core/store-spec.ts";
import { faultOf, RetrieverError } from "#errors.ts";
import { type Environment, readText, referenceOf, resolveCredential } from "./credentials.ts";

type PgvectorBase = Extract<BaseAdapter, { kind: "pgvector" }>;
type PgvectorOverlay = Extract<OverlayAdapter, { kind: "pgvector" }>;
type Qdrant = Extract<BaseAdapter, { kind: "qdrant" }>;

/** A base's adapter; `path` is its place in the base. The base's owner may name any host and any credential. */
export function resolveBaseAdapter(adapter: BaseAdapter, env: Environment, path: string): StoreChoice {
  if (adapter.kind === "qdrant") {
    return choose(identityOf(locateQdrant(adapter.url, adapter.collection)), "qdrant", () =>
      qdrantSpec(adapter, env, path),
    );
  }
  try {
    const url = resolveCredential(adapter.connectionString, env, `${path}.connectionString`);
    const identity = identityOf(locateConnection(adapter, url, path));
    return choose(identity, "pgvector", () => pgvectorFromUrl(adapter, url, path));
  } catch (error) {
    return { identity: null, kind: "pgvector", resolved: { fault: faultOf(error) } };
  }
}

/** An overlay's destination: only to listed hosts, and only credentials that may go there. */
export function resolveDestination(
  adapter: OverlayAdapter,
  env: Environment,
  allowed: readonly AllowedHost[],
): StoreChoice {
  const location = locateOverlayAdapter(adapter);
  return choose(identityOf(location), adapter.kind, () => {
    const fault = checkAllowed(allowed, location, credentialsOf(adapter));
    if (fault !== undefined) throw new RetrieverError(fault);
    return adapter.kind === "qdrant" ? qdrantSpec(adapter, env, "destination") : pgvectorFromParts(adapter, env);
  });
}

function choose(identity: StoreIdentity, kind: StoreSpec["kind"], resolve: () => StoreSpec): StoreChoice {
  try {
    return { identity, kind, resolved: { spec: resolve() } };
  } catch (error) {
    return { identity, kind, resolved: { fault: faultOf(error) } };
  }
}

function credentialsOf(adapter: OverlayAdapter): string[] {
  const credentials = adapter.kind === "qdrant" ? [adapter.apiKey] : [adapter.user, adapter.password];
  return credentials
    .filter((credential) => credential !== undefined)
    .map(referenceOf)
    .filter((reference) => reference !== undefined);
}

function qdrantSpec({ apiKey, tls, ...tuning }: Qdrant, env: Environment, path: string): QdrantSpec {
  return {
    ...tuning,
    apiKey: apiKey === undefined ? null : resolveCredential(apiKey, env, `${path}.apiKey`),
    tls: new URL(tuning.url).protocol === "https:" ? { ca: authorityOf(tls, path) } : null,
  };
}

function pgvectorFromParts({ user, password, tls, ...rest }: PgvectorOverlay, env: Environment): PgvectorSpec {
  return {
    ...rest,
    user: resolveCredential(user, env, "destination.user"),
    password: password === undefined ? null : resolveCredential(password, env, "destination.password"),
    tls: tls === undefined ? null : { ca: authorityOf(tls, "destination") },
  };
}

function locateConnection({ schema, table }: PgvectorBase, url: Secret, path: string): StoreLocation {
  try {
    return locatePostgres(url.reveal(), schema, table);
  } catch {
    const place = `${path}.connectionString`;
    const message = `${place}: expected postgres://user:password@host:port/database`;
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message, path: place });
  }
}

const verifyingModes = new Set(["require", "verify-ca", "verify-full"]);
const plainModes = new Set(["disable", "allow", "prefer"]);

/** `sslmode` require and stricter verify the certificate; prefer and weaker are plain text, as nothing would be checked. */
function pgvectorFromUrl(adapter: PgvectorBase, connection: Secret, path: string): PgvectorSpec {
  const { connectionString: _, tls, ...tuning } = adapter;
  const url = new URL(connection.reveal());
  const location = locateConnection(adapter, connection, path);
  const mode = url.searchParams.get("sslmode") ?? "disable";
  if (!verifyingModes.has(mode) && !plainModes.has(mode)) {
    const message = `${path}.connectionString: expected sslmode disable, allow, prefer, require, verify-ca or verify-full`;
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message, path: `${path}.connectionString` });
  }
  const caFile = tls?.caFile ?? url.searchParams.get("sslrootcert") ?? undefined;
  const isVerified = tls !== undefined || verifyingModes.has(mode);
  return {
    ...tuning,
    host: location.host,
    port: location.port,
    database: location.place.slice(0, location.place.lastIndexOf("/")),
    user: new SecretValue(decodeURIComponent(url.username)),
    password: url.password === "" ? null : new SecretValue(decodeURIComponent(url.password)),
    tls: isVerified ? { ca: authorityOf({ caFile }, path) } : null,
  };
}

function authorityOf(tls: { readonly caFile?: string | undefined } | undefined, path: string): string | null {
  if (tls?.caFile === undefined) return null;
  const text = readText(tls.caFile);
  if (text?.includes("-----BEGIN CERTIFICATE-----") === true) return text;
  const message = `${path}.tls.caFile: expected a readable PEM certificate at ${tls.caFile}`;
  throw new RetrieverError({ code: "RETR_BACKEND_TLS", message, path: `${path}.tls.caFile` });
}
