// From an adapter of a document to what is needed to connect: credentials, CA files, the hosts an overlay may name.

import { overlayFolders } from "@retriever/stores/config/credential.ts";
import { identityOf, type StoreIdentity, type StoreLocation } from "@retriever/stores/config/identity.ts";
import type { Lookup } from "@retriever/stores/config/lookup.ts";
import type { StoreChoice, StoreSpec } from "@retriever/stores/config/store-spec.ts";
import { faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { AdapterDocument, AdapterForm, Registry } from "@retriever/stores/kind.ts";
import { adapterOf } from "@retriever/stores/registry.ts";
import { isForbiddenAddress } from "@retriever/stores/values/forbidden-address.ts";
import type { AllowedHost } from "#contract/allowed-hosts.ts";
import { checkAllowed, checkTls } from "./allowed-hosts.ts";
import { type Environment, referenceOf, resolveCredential } from "./credentials.ts";
import { mostAuthorityBytes, readSmallFile } from "./small-file.ts";

type Deps = { readonly env: Environment; readonly registry: Registry };

/** A base's adapter; `path` is its place in the base. The base's owner may name any host and any credential. */
export function resolveBaseAdapter(document: AdapterDocument, { env, registry }: Deps, path: string): StoreChoice {
  const { base } = adapterOf(registry, document);
  const lookup = makeLookup(env, path);
  try {
    const location = base.locate(document, lookup);
    return resolveLocated(identityOf(location), () => {
      refuseForbidden(location, path);
      return base.resolve(document, lookup);
    });
  } catch (error) {
    return { identity: null, kind: document.kind, resolved: { fault: faultOf(error) } };
  }
}

/** An overlay's destination: only on listed hosts, and only credentials that may be sent there. */
export function resolveDestination(
  document: AdapterDocument,
  { env, registry, allowedHosts }: Deps & { readonly allowedHosts: readonly AllowedHost[] },
): StoreChoice {
  const { overlay } = adapterOf(registry, document);
  const lookup = makeLookup(env, "destination", overlayFolders);
  const location = overlay.locate(document, lookup);
  return resolveLocated(identityOf(location), () => {
    const fault = checkAllowed(allowedHosts, location, referencesOf(overlay, document));
    if (fault !== undefined) throw new RetrieverError(fault);
    refuseForbidden(location, "destination");
    const spec = overlay.resolve(document, lookup);
    const plainText = checkTls(allowedHosts, location, Boolean(spec.tls));
    if (plainText !== undefined) throw new RetrieverError(plainText);
    return spec;
  });
}

/** Names are looked up by whoever connects, and refused there. */
function refuseForbidden({ host, port }: StoreLocation, path: string): void {
  if (!isForbiddenAddress(host)) return;
  const message = `${path}: ${host}:${port} is a link-local or reserved address, where no store is`;
  throw new RetrieverError({ code: "RETR_HOST_NOT_ALLOWED", message, path });
}

/** A destination after a rollback: where it was, with nothing read, looked up or connected to. */
export function closedDestination(document: AdapterDocument, { env, registry }: Deps): StoreChoice {
  const location = adapterOf(registry, document).overlay.locate(document, makeLookup(env, "destination"));
  const message = "the overlay opens no destination after a rollback; name both stores by --source and --destination";
  return {
    identity: identityOf(location),
    kind: document.kind,
    resolved: { fault: { code: "RETR_CONFIG_INVALID", message } },
  };
}

/** Places of the credentials that stand in a base's adapter as plain text. */
export function plainCredentials(document: AdapterDocument, registry: Registry, path: string): string[] {
  const credentials = Object.entries(adapterOf(registry, document).base.credentials(document));
  return credentials.filter(([, value]) => typeof value === "string").map(([field]) => `${path}.${field}`);
}

function resolveLocated(identity: StoreIdentity, resolve: () => StoreSpec): StoreChoice {
  const { kind } = identity;
  try {
    return { identity, kind, resolved: { spec: resolve() } };
  } catch (error) {
    return { identity, kind, resolved: { fault: faultOf(error) } };
  }
}

function referencesOf(form: AdapterForm, document: AdapterDocument): string[] {
  return Object.values(form.credentials(document))
    .map((credential) => (credential === undefined ? undefined : referenceOf(credential)))
    .filter((reference) => reference !== undefined);
}

/** `within`: folders that the files must be in; absent: any. */
function makeLookup(env: Environment, path: string, within?: readonly string[]): Lookup {
  return {
    credential: (credential, field) => resolveCredential(credential, env, { path: `${path}.${field}`, within }),
    authority: (caFile) => readAuthority(caFile, `${path}.tls.caFile`, within),
    variable: (name) => env[name],
    refuse: (field, message, code = "RETR_CONFIG_INVALID") => {
      const place = `${path}.${field}`;
      return new RetrieverError({ code, message: `${place}: ${message}`, path: place });
    },
  };
}

function readAuthority(caFile: string | undefined, path: string, within?: readonly string[]): string | null {
  if (caFile === undefined) return null;
  const text = readSmallFile(caFile, within, mostAuthorityBytes);
  if (text?.includes("-----BEGIN CERTIFICATE-----") === true) return text;
  const folders = within === undefined ? "" : `, a regular file in ${within.join(" or ")}`;
  const message = `${path}: expected readable PEM certificates of at most 1 MiB at ${caFile}${folders}`;
  throw new RetrieverError({ code: "RETR_BACKEND_TLS", message, path });
}
