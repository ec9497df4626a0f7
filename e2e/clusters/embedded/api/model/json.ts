// Plain JSON values as the API double handles them: reading, comparing, copying.
// Does no I/O and knows nothing of Kubernetes beyond the shape every object shares.
import { isDeepStrictEqual } from "node:util";

export type JsonObject = { [key: string]: unknown };

export type Metadata = JsonObject & {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: JsonObject[];
  managedFields?: JsonObject[];
};

/** Any stored object. */
export type KubeObject = JsonObject & { apiVersion: string; kind: string; metadata: Metadata };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value itself if it is an object, an empty one otherwise; for reading only. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value at a path of field names; undefined where the path ends early. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const name of path) current = isObject(current) ? current[name] : undefined;
  return current;
}

export function equal(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(left, right);
}

export function copy<T>(value: T): T {
  return structuredClone(value);
}

/** Freezes a whole JSON tree, so that a stored object can be handed out without a copy. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freeze(child);
  return Object.freeze(value);
}

/** The object without the named fields. */
export function without(value: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
