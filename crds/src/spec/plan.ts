// The plan: what was accepted, as one text and its hash. Two specs with the same effect have the same hash. Pure.
import { hash } from "node:crypto";
import type { MigrationSpec } from "./migration-spec.ts";

/** JSON with the keys of every object in order; absent (`undefined`) values are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** 16 hex digits of the SHA-256 of the canonical spec, defaults included; independent of the order of its fields. */
export function planHash(spec: MigrationSpec): string {
  return hash("sha256", canonicalJson(spec)).slice(0, 16);
}

/** Where a store is and who may enter it: what differs between clusters that run the same plan. */
const placeFields = new Set(["host", "port", "database", "user", "password", "url", "apiKey", "tls"]);

/**
 * The same of what a validation proves: without mode, target, people, and without the place of the destination.
 * A validation in staging and a migration in production with the same thresholds, stages and store kind share it.
 */
export function validationHash(spec: MigrationSpec): string {
  const { mode: _mode, validate: _validate, requestedBy: _requestedBy, ...rest } = spec;
  const { target: _target, checklist: _checklist, communications: _communications, ...proved } = rest;
  const destination = Object.entries(spec.destination).filter(([name]) => !placeFields.has(name));
  return hash("sha256", canonicalJson({ ...proved, destination: Object.fromEntries(destination) })).slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
