// A point as it was read: its version, and the conditions that hold only as long as nobody writes it.
import { hash } from "node:crypto";
import { numberText } from "#values/same-value.ts";
import { exactTime } from "#values/time.ts";
import type { CollectionInfo } from "../client/collection.ts";
import type { StoredPoint } from "./point-answers.ts";

/** Digest of its payload and all its vectors, whatever order its keys come in. */
export function versionOf({ payload, vectors }: StoredPoint): string {
  return hash("sha256", JSON.stringify([ordered(payload), ordered(vectors)])).slice(0, 32);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, ordered(member)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

type Guard = {
  readonly must: readonly object[];
  /** Whether a write of the point would be noticed: its `updated_at` is among the conditions. */
  readonly isSafe: boolean;
};

/**
 * Conditions that the point meets as it was read: every plain value of its payload, as far as strict mode allows.
 * Lists, and a change of a vector alone, escape them.
 */
export function guardOf({ id, payload }: StoredPoint, info: CollectionInfo): Guard {
  const first = conditionAt("updated_at", payload["updated_at"], info);
  const rest = Object.entries(payload)
    .filter(([key]) => key !== "updated_at")
    .flatMap(([key, value]) => conditionsAt(key, value, info));
  const all = [{ has_id: [id] }, ...(first === null ? [] : [first]), ...rest];
  return { must: all.slice(0, info.limits.conditions), isSafe: first !== null && info.limits.conditions >= 2 };
}

/** A step of a path as filters take it without quotes. */
const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function conditionsAt(path: string, value: unknown, info: CollectionInfo): object[] {
  if (!plainKey.test(path.slice(path.lastIndexOf(".") + 1))) return [];
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !Object.isFrozen(value)) {
    return Object.entries(value).flatMap(([key, member]) =>
      plainKey.test(key) ? conditionsAt(`${path}.${key}`, member, info) : [],
    );
  }
  const condition = Array.isArray(value) ? null : conditionAt(path, value, info);
  return condition === null ? [] : [condition];
}

/** Null where no filter tells the value, or strict mode wants an index for it. */
function conditionAt(key: string, value: unknown, info: CollectionInfo): object | null {
  const index = info.limits.updatesUnindexed ? undefined : (info.indexes.get(key) ?? "none");
  if (value === undefined || value === null) {
    if (index === "none") return null;
    return value === null ? { is_null: { key } } : { is_empty: { key } };
  }
  if (typeof value === "string") return textCondition(key, value, index);
  return plainCondition(key, value, (...types) => index === undefined || types.includes(index));
}

function plainCondition(key: string, value: unknown, allows: (...types: readonly string[]) => boolean): object | null {
  if (typeof value === "boolean") return allows("bool") ? { key, match: { value } } : null;
  const digits = numberText(value);
  if (digits === null) return null;
  if (isInteger(digits)) return allows("integer") ? { key, match: { value } } : null;
  return allows("float", "integer") ? { key, range: { gte: value, lte: value } } : null;
}

function textCondition(key: string, value: string, index: string | undefined): object | null {
  const isMatched = index === undefined || index === "keyword" || (index === "uuid" && isUuidText(value));
  if (isMatched) return { key, match: { value } };
  const moment = index === "datetime" ? exactTime(value) : null;
  return moment === null ? null : { key, range: { gte: moment, lte: moment } };
}

function isUuidText(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** Those that `match` takes. */
function isInteger(digits: string): boolean {
  return /^-?\d{1,19}$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
}
