// The plan: what was accepted, as one text and its hash. Two specs with the same effect have the same hash. Pure.
import { hash } from "node:crypto";
import type { MigrationSpec } from "./migration-spec.ts";
import { resolveChecks } from "./resolve-checks.ts";

/** JSON with the keys of every object in order; absent (`undefined`) values are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/**
 * Fields that came after the first release, each with its neutral default: where it stands, the field isn't part of the
 * hash, so that an upgrade voids neither approvals nor staging results. Undefined for a field without a default.
 * A test finds the field that is missing here. What is neutral never changes; another default voids what was agreed on.
 */
export const addedFields: Readonly<Record<string, unknown>> = {
  "spec.checklist.profile": "Standard",
  "spec.checklist.approvals.differentPeople": false,
  "spec.guard.maxDetectionTime": "15m",
  "spec.guard.sampling": { mode: "Adaptive", minRate: 0.05, maxRate: 1, maxQueriesPerSecond: 20 },
  "spec.rollback.severeFor": "15s",
  "spec.rollback.acceptStaleSource": false,
  "spec.cutover.minAcknowledged": "100%",
  "spec.recall": { mode: "Adaptive", maxLoss: 0.02, beforeCutover: "StepDown", afterCutover: "Rollback" },
  "spec.thresholds.content": { maxBadShare: 0.01, beforeCutover: "Hold", afterCutover: "Rollback" },
  "spec.slices": { afterCutover: "Hold" },
  "spec.data": {},
  "spec.data.copy": "Never",
  "spec.data.sync": "Never",
  "spec.data.maxLag": "1m",
  "spec.data.verifyEvery": "1h",
  "spec.destination.indexSettings.hnswIterativeScan": undefined,
  "spec.destination.indexSettings.hnswMaxScanTuples": undefined,
  "spec.destination.indexSettings.ivfflatIterativeScan": undefined,
  "spec.destination.indexSettings.ivfflatMaxProbes": undefined,
  "spec.destination.searchSettings": { hnswEf: undefined, exact: undefined },
  "spec.destination.searchSettings.quantization": { ignore: undefined, rescore: undefined, oversampling: undefined },
  "spec.destination.layout": undefined,
  "spec.destination.fields": {
    id: undefined,
    entity: undefined,
    text: undefined,
    updatedAt: undefined,
    namespace: undefined,
    metadata: undefined,
  },
  "spec.destination.fields.metadata[]": { name: undefined, path: undefined },
};

/** What the first release called the share of dual reads after the cutover, and its default: still part of every hash. */
type Cutover = MigrationSpec["cutover"] & { readonly shadowSampleRate?: number };
const defaultRate = 0.05;
/** What it had and nothing ever acted on, at its default: still part of every hash. */
const idle = { shadowErrors: { afterCutover: "Rollback" } } as const;

/** A plan as the first release accepted it: today's fields for whoever acts on it, its own words for the hash. */
export function asFirstRelease(plan: MigrationSpec, shadowSampleRate: number): MigrationSpec {
  const cutover: Cutover = { ...plan.cutover, shadowSampleRate };
  const shadowErrors = { ...plan.thresholds.shadowErrors, ...idle.shadowErrors };
  return { ...plan, cutover, thresholds: { ...plan.thresholds, shadowErrors } };
}

/**
 * What a spec says beyond the neutral defaults of later fields: equal where two specs mean the same agreement. That is on
 * the checks that are made, not on the profile by which they were chosen.
 */
export function canonicalSpec(written: MigrationSpec): MigrationSpec {
  const resolved = resolveChecks(written);
  const spec = {
    ...resolved,
    checklist: { ...resolved.checklist, profile: addedFields["spec.checklist.profile"] },
  } as MigrationSpec;
  const { shadowSampleRate }: Cutover = spec.cutover;
  const isNeutral = (path: string, value: unknown) =>
    path in addedFields &&
    // The first release knew none of them: what stands there says how it behaved.
    (shadowSampleRate !== undefined || canonicalJson(value) === canonicalJson(addedFields[path]));
  return withoutNeutral(asFirstRelease(spec, shadowSampleRate ?? defaultRate), "spec", isNeutral) as MigrationSpec;
}

/** 16 hex digits of the SHA-256 of the canonical spec, defaults included; independent of the order of its fields. */
export function planHash(spec: MigrationSpec): string {
  return hash("sha256", canonicalJson(canonicalSpec(spec))).slice(0, 16);
}

/** Where a store is and who may enter it: what differs between clusters that run the same plan. */
const placeFields = new Set(["host", "port", "database", "user", "password", "url", "apiKey", "tls"]);

/**
 * The same of what a validation proves: without mode, target, people, how the data came there, and the place of the
 * destination.
 * A validation in staging and a migration in production with the same thresholds, stages and store kind share it.
 */
export function validationHash(spec: MigrationSpec): string {
  const { mode: _mode, validate: _validate, requestedBy: _requestedBy, ...rest } = canonicalSpec(spec);
  const { target: _target, checklist: _checklist, communications: _communications, data: _data, ...proved } = rest;
  const destination = Object.entries(rest.destination).filter(([name]) => !placeFields.has(name));
  return hash("sha256", canonicalJson({ ...proved, destination: Object.fromEntries(destination) })).slice(0, 16);
}

function withoutNeutral(value: unknown, path: string, isNeutral: (path: string, value: unknown) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNeutral(item, `${path}[]`, isNeutral));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const kept = withoutNeutral(inner, `${path}.${key}`, isNeutral);
    return isNeutral(`${path}.${key}`, kept) ? [] : [[key, kept]];
  });
  return Object.fromEntries(entries);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
