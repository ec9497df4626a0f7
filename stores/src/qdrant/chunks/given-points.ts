// A chunk as the point that a collection would get, and why the collection can't take it. Pure.
import type { StoredChunk, WholeChunk } from "#ports/chunk-store.ts";
import { exactNumbers, rawJson } from "#values/exact-json.ts";
import { isSameValue, numberText } from "#values/same-value.ts";
import { exactTime } from "#values/time.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { valueAt, withValueAt } from "./payload-path.ts";
import { floatsOf, type StoredPoint } from "./point-answers.ts";
import { fallbackRule, integerOf, type PointIdRule } from "./point-ids.ts";

export type IdConventions = {
  /** Null: no rule is known. */
  readonly rule: PointIdRule | null;
  /** Whether payloads hold the chunk id as a number. */
  readonly isNumeric: boolean;
};
export type Given = {
  readonly id: unknown;
  readonly vector: unknown;
  readonly payload: Readonly<Record<string, unknown>>;
};
type Place = { readonly spec: QdrantSpec; readonly fields: readonly string[]; readonly conventions: IdConventions };

/** Id that a point of a chunk gets that the collection doesn't have; undefined where the rule of the others makes none. */
function newPointId(chunkId: string, { rule }: IdConventions): unknown {
  return (rule ?? fallbackRule).idOf(chunkId);
}

/**
 * An upsert replaces a point as a whole, so what the chunk doesn't speak of is copied from the point that is there, and
 * a value that means the same keeps its spelling. A text: why the collection can't hold it.
 */
export function givenOf(chunk: WholeChunk, held: StoredPoint | undefined, place: Place): Given | string {
  const { spec, conventions } = place;
  const vectors = { ...held?.vectors };
  if (chunk.vector !== null) vectors[spec.vectorName ?? ""] = exactNumbers(chunk.vector);
  const { "": unnamed, ...named } = vectors;
  const payload = payloadOf(chunk, held, place);
  if (typeof payload === "string") return payload;
  const id = held?.id ?? newPointId(chunk.id, conventions);
  if (id === undefined) {
    return `the ids of the collection's points are ${conventions.rule?.name ?? "unknown"}, which this chunk id can't be, so that an application would write it a second time; let the application write it`;
  }
  return { id, vector: unnamed ?? named, payload };
}

function payloadOf(chunk: WholeChunk, held: StoredPoint | undefined, { spec, fields, conventions }: Place) {
  const chunkId = (conventions.isNumeric ? integerOf(chunk.id) : undefined) ?? chunk.id;
  let payload: Readonly<Record<string, unknown>> = held?.payload ?? { chunk_id: chunkId };
  const said: (readonly [string, unknown])[] = [
    ...fields.map((name) => [name, chunk.fields[name]] as const),
    [spec.namespaceField, chunk.namespace],
    ["entity_id", chunk.entityId],
    ["updated_at", chunk.updatedAt],
  ];
  for (const [key, given] of said) {
    const value = chunk.decimals?.includes(key) === true ? wholeOf(given) : given;
    const isName = key === spec.namespaceField || key === "entity_id";
    if (!isNews(valueAt(payload, key), value, { key, isName })) continue;
    const changed = changedAt(payload, key, value);
    if (typeof changed === "string") return changed;
    payload = changed;
  }
  return payload;
}

type Said = { readonly key: string; readonly isName: boolean };

/** What isn't spoken of isn't written, nor null to a key that the payload lacks, nor what means the same. */
function isNews(before: unknown, value: unknown, { key, isName }: Said): boolean {
  if (value === undefined || (value === null && before === undefined)) return false;
  return !means(before, value, key) && !(isName && isSameName(before, value));
}

function changedAt(payload: Given["payload"], key: string, value: unknown): Given["payload"] | string {
  if (!isHeldExactly(value)) {
    return `key ${key}: Qdrant would keep another number than the chunk's, it knows doubles and whole numbers of 64 bits; correct it where it comes from`;
  }
  return (
    withValueAt(payload, key, value) ??
    `key ${key}: what the payload holds on the way there is no object; correct the point's payload`
  );
}

/** Whether the payload's value says the same already; of `updated_at`, to the digit that a store keeps. */
function means(before: unknown, value: unknown, key: string): boolean {
  if (before === undefined) return false;
  if (key === "updated_at" && typeof before === "string" && typeof value === "string") {
    return exactTime(before) === exactTime(value);
  }
  return isSameKind(before, value) && isSameValue(before, value);
}

/** A name keeps its type: the number 7 isn't made the text "7". */
function isSameName(before: unknown, value: unknown): boolean {
  return before !== undefined && (numberText(before) ?? before) === (numberText(value) ?? value);
}

/** A filter for the whole number 12 doesn't find the fraction 12.0, so that one isn't left for the other. */
function isSameKind(a: unknown, b: unknown): boolean {
  const [left, right] = [numberText(a), numberText(b)];
  return left === null || right === null || /^-?\d+$/.test(left) === /^-?\d+$/.test(right);
}

/** A decimal without a fraction is a whole number, as a filter would ask for it. */
function wholeOf(value: unknown): unknown {
  const digits = /^(-?\d+)\.0+$/.exec(numberText(value) ?? "")?.[1];
  return digits === undefined ? value : rawJson(digits);
}

function isHeldExactly(value: unknown): boolean {
  const digits = numberText(value);
  if (digits === null) {
    if (typeof value !== "object" || value === null) return true;
    return Object.values(value).every(isHeldExactly);
  }
  if (/^-?\d+$/.test(digits)) return BigInt(digits) >= -(1n << 63n) && BigInt(digits) < 1n << 64n;
  return isSameValue(value, Number(digits));
}

/** Whether a point is what was sent, as far as its payload tells. */
export function isWritten(point: StoredPoint | undefined, { payload }: Given): boolean {
  return point !== undefined && isSameValue(asDoubles(point.payload), asDoubles(payload));
}

/** Numbers as Qdrant prints them again. */
function asDoubles(value: unknown): unknown {
  const digits = numberText(value);
  if (digits !== null) return /^-?\d+$/.test(digits) ? value : Number(digits);
  if (Array.isArray(value)) return value.map(asDoubles);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asDoubles(member)]));
}

export function readChunk(
  point: StoredPoint,
  { spec, fields }: Pick<Place, "spec" | "fields">,
): Omit<StoredChunk, "version"> {
  const { payload, vectors } = point;
  const moment = payload["updated_at"];
  const at = moment === null ? null : typeof moment === "string" ? (exactTime(moment) ?? undefined) : undefined;
  const said = fields.flatMap((name) => {
    const value = valueAt(payload, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    id: point.chunkId,
    entityId: payload["entity_id"],
    namespace: valueAt(payload, spec.namespaceField),
    updatedAt: at,
    hasUnreadableMoment: at === undefined && moment !== undefined,
    fields: Object.fromEntries(said),
    vector: floatsOf(vectors[spec.vectorName ?? ""]),
  };
}
