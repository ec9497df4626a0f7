// From an adapter of a document to what is needed to connect: credentials, CA files, the hosts an overlay may name.

import { identityOf, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { StoreChoice, StoreSpec } from "@retriever/stores/config/store-spec.ts";
import { faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { AdapterDocument, AdapterForm, Lookup, Registry } from "@retriever/stores/kind.ts";
import { type AllowedHost, checkAllowed } from "./allowed-hosts.ts";
import { type Environment, readText, referenceOf, resolveCredential } from "./credentials.ts";

type Around = { readonly env: Environment; readonly registry: Registry };

/** A base's adapter; `path` is its place in the base. The base's owner may name any host and any credential. */
export function resolveBaseAdapter(document: AdapterDocument, { env, registry }: Around, path: string): StoreChoice {
  const { base } = adapterOf(document, registry);
  const lookup = makeLookup(env, path);
  try {
    const identity = identityOf(base.locate(document, lookup));
    return choose(identity, document.kind, () => base.resolve(document, lookup));
  } catch (error) {
    return { identity: null, kind: document.kind, resolved: { fault: faultOf(error) } };
  }
}

/** An overlay's destination: only to listed hosts, and only credentials that may go there. */
export function resolveDestination(
  document: AdapterDocument,
  { env, registry }: Around,
  allowed: readonly AllowedHost[],
): StoreChoice {
  const { overlay } = adapterOf(document, registry);
  const lookup = makeLookup(env, "destination");
  const location = overlay.locate(document, lookup);
  return choose(identityOf(location), document.kind, () => {
    const fault = checkAllowed(allowed, location, referencesOf(overlay, document));
    if (fault !== undefined) throw new RetrieverError(fault);
    return overlay.resolve(document, lookup);
  });
}

/** Places of the credentials that stand in a base's adapter as plain text. */
export function plainCredentials(document: AdapterDocument, registry: Registry, path: string): string[] {
  const credentials = Object.entries(adapterOf(document, registry).base.credentials(document));
  return credentials.filter(([, value]) => typeof value === "string").map(([field]) => `${path}.${field}`);
}

function adapterOf({ kind }: AdapterDocument, registry: Registry) {
  const adapter = registry.find((each) => each.kind === kind);
  if (adapter !== undefined) return adapter;
  throw new RetrieverError({ code: "RETR_INTERNAL", message: `no adapter reads the kind ${kind}` });
}

function choose(identity: StoreIdentity, kind: string, resolve: () => StoreSpec): StoreChoice {
  try {
    return { identity, kind, resolved: { spec: resolve() } };
  } catch (error) {
    return { identity, kind, resolved: { fault: faultOf(error) } };
  }
}

function referencesOf(form: AdapterForm, document: AdapterDocument): string[] {
  return Object.values(form.credentials(document))
    .filter((credential) => credential !== undefined)
    .map(referenceOf)
    .filter((reference) => reference !== undefined);
}

function makeLookup(env: Environment, path: string): Lookup {
  return {
    credential: (credential, field) => resolveCredential(credential, env, `${path}.${field}`),
    authority: (caFile) => readAuthority(caFile, `${path}.tls.caFile`),
    refuse: (field, message) => {
      const place = `${path}.${field}`;
      return new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `${place}: ${message}`, path: place });
    },
  };
}

function readAuthority(caFile: string | undefined, path: string): string | null {
  if (caFile === undefined) return null;
  const text = readText(caFile);
  if (text?.includes("-----BEGIN CERTIFICATE-----") === true) return text;
  const message = `${path}: expected a readable PEM certificate at ${caFile}`;
  throw new RetrieverError({ code: "RETR_BACKEND_TLS", message, path });
}
