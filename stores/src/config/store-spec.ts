// A store's configuration with everything resolved, and the key by which its connections are kept.
import { hash } from "node:crypto";
import type { Filterable } from "#config/filterable.ts";
import type { Normalization } from "#config/normalization.ts";
import type { Fault } from "#errors.ts";
import type { ChunkFields } from "./chunk-fields.ts";
import type { StoreIdentity } from "./identity.ts";
import { Secret } from "./secret.ts";

/** Text of the authority's certificate; null: the system's authorities. */
export type Tls = { readonly ca: string | null };

/** What the sidecar reads of every kind's spec; the rest is read by the kind alone. */
export type StoreSpec = {
  readonly kind: string;
  readonly timeoutMs: number;
  /** Null: plain text. Absent: of a kind that has no connection of its own. */
  readonly tls?: Tls | null;
  /** Where the parts of a chunk are; absent: of a kind that lists none. */
  readonly fields?: ChunkFields;
};

/** A store as the configuration names it: usable, or why not. */
export type StoreChoice = {
  /** Null when even the location depends on a credential that is missing. */
  readonly identity: StoreIdentity | null;
  readonly kind: string;
  readonly resolved: { readonly spec: StoreSpec } | { readonly fault: Fault };
};

/** Equal keys mean that the same connections serve. Holds secrets only as part of a digest. */
export function storeKey(choice: StoreChoice, normalization: Normalization, filterable?: Filterable): string {
  const identity = choice.identity?.digest;
  const revealed = JSON.stringify([identity, choice.resolved, normalization, filterable], revealSecret);
  return hash("sha256", revealed);
}

// JSON.stringify calls toJSON before the replacer, so the original is taken from the holder.
function revealSecret(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Secret ? original.reveal() : value;
}

/** The spec, or undefined when the store can't be used. */
export function specOf(choice: StoreChoice): StoreSpec | undefined {
  return "spec" in choice.resolved ? choice.resolved.spec : undefined;
}

/** Why the store can't be used, or undefined. */
export function choiceFault(choice: StoreChoice): Fault | undefined {
  return "fault" in choice.resolved ? choice.resolved.fault : undefined;
}
