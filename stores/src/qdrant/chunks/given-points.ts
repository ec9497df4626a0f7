// A chunk as the point that a collection would get, and why the collection can't take it. Pure.
import { wholeOf } from "#chunks/canonical-value.ts";
import { isSameWithin } from "#chunks/moment-unit.ts";
import { canonicalName } from "#chunks/payload-digest.ts";
import { type FieldPath, metadataPath } from "#config/chunk-fields.ts";
import type { MomentPrecision, StoredChunk, WholeChunk } from "#ports/chunk-store.ts";
import { type EpochWriting, epochFormOf, epochNumber, exactTimeOf, unclearUnit } from "#values/epoch.ts";
import { exactNumbers } from "#values/exact-json.ts";
import { valueAt, withValueAt } from "#values/member-path.ts";
import { isSameValue, numberText } from "#values/same-value.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf, keysOf, stepsOfKey } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { floatsOf, type StoredPoint } from "./point-answers.ts";
import { fallbackRule, integerOf, type PointIdRule } from "./point-ids.ts";
import { parseError } from "./value-pins.ts";

export type IdConventions = {
  /** Null: no rule is known. */
  readonly rule: PointIdRule | null;
  /** Whether payloads hold the chunk id as a number. */
  readonly isNumeric: boolean;
  /** Of moments, where payloads hold numbers; null: text. */
  readonly epoch: EpochWriting;
};
type Payload = Readonly<Record<string, unknown>>;
export type Given = {
  readonly id: unknown;
  /** Of a new point: by name where it has names. */
  readonly vector: unknown;
  readonly payload: Payload;
  /** Of a held point, what is another than before: its vector, and its keys in the order in which the chunk names them. */
  readonly news: { readonly hasVector: boolean; readonly values: readonly (readonly [string, unknown])[] };
};
type Place = {
  readonly spec: QdrantSpec;
  readonly fields: readonly string[];
  readonly conventions: IdConventions;
  /** Those with an index of moments, in which one moment may have several texts. */
  readonly momentKeys: ReadonlySet<string>;
};

/** Id that a point of a chunk gets that the collection doesn't have; undefined where the rule of the others makes none. */
function newPointId(chunkId: string, { rule }: IdConventions): unknown {
  return (rule ?? fallbackRule).idOf(chunkId);
}

const otherMoment = "as a number the chunk's moment would be read as another one; let the application write it as text";

/** The chunk's own moment as a number where the collection has numbers; `otherMoment` or `unclearUnit` where it can't be one. */
function valueFor({ value, meaning }: Said, before: unknown, { conventions }: Place): unknown {
  if (meaning !== "written" || typeof value !== "string") return value;
  const form = before === undefined ? conventions.epoch : epochFormOf(before);
  if (form === null) return value;
  return form === "unclear" ? unclearUnit : (epochNumber(value, form) ?? otherMoment);
}

/** A value that means the same keeps its spelling. A text: why the collection can't hold the chunk. */
export function givenOf(chunk: WholeChunk, held: StoredPoint | undefined, place: Place): Given | string {
  const { spec, conventions } = place;
  const changed = payloadOf(chunk, held, place);
  if (typeof changed === "string") return changed;
  const { payload, values } = changed;
  const id = held?.id ?? newPointId(chunk.id, conventions);
  if (id === undefined) {
    const help = spec.fields.id === null ? "name a payload key that holds chunk ids (fields.id), or " : "";
    return `the ids of the collection's points are ${conventions.rule?.name ?? "unknown"}, which this chunk id can't be, so that an application would write it a second time; ${help}let the application write it`;
  }
  const hasVector = held === undefined || !hasVectorOf(held, chunk, spec);
  const otherType = hasVector || values.length > 0 ? null : whyOtherType(payload, chunk, spec);
  if (otherType !== null) return otherType;
  return { id, vector: vectorOf(chunk, held, spec), payload, news: { hasVector, values } };
}

/** JSON of a vector, as it came; by name where the configuration names it. */
export class VectorJson {
  readonly text: string;

  constructor(json: string, { vectorName }: QdrantSpec) {
    this.text = vectorName === undefined ? json : `{${JSON.stringify(vectorName)}:${json}}`;
  }
}

/** A zero loses its sign in JSON where it has no fraction. */
const negativeZero = /-0[,\]]/;

/** By name where the configuration names it; none at all is an empty object. Of a point that is there as numbers. */
function vectorOf(chunk: WholeChunk, held: StoredPoint | undefined, spec: QdrantSpec): unknown {
  const { vectorJson } = chunk;
  if (held === undefined && vectorJson !== undefined && !negativeZero.test(vectorJson))
    return new VectorJson(vectorJson, spec);
  const { vector } = chunk;
  if (vector === null) return {};
  return spec.vectorName === undefined ? exactNumbers(vector) : { [spec.vectorName]: exactNumbers(vector) };
}

/** Also where none is given. */
function hasVectorOf({ vectors }: StoredPoint, { vector }: WholeChunk, { vectorName = "" }: QdrantSpec): boolean {
  if (vector === null) return true;
  const held = floatsOf(vectors[vectorName]);
  return held?.length === vector.length && held.every((value, index) => Object.is(value, vector[index]));
}

function payloadOf(chunk: WholeChunk, held: StoredPoint | undefined, place: Place) {
  const chunkId = (place.conventions.isNumeric ? integerOf(chunk.id) : undefined) ?? chunk.id;
  const said = saidOf(chunk, place);
  if (typeof said === "string") return said;
  const { id } = place.spec.fields;
  const fresh = id === null ? {} : (withValueAt({}, id, chunkId) ?? {});
  let payload: Payload = held?.payload ?? fresh;
  const values: (readonly [string, unknown])[] = [];
  for (const each of said) {
    const { path } = each;
    if (path === null) continue;
    const before = valueAt(payload, path);
    const value = valueFor(each, before, place);
    if (!isNews(before, { ...each, value })) continue;
    const changed = changedAt(payload, path, value);
    if (typeof changed === "string") return changed;
    payload = changed;
    values.push([keyOf(path), value]);
  }
  return { payload, values };
}

/** name: 7 and "7" are one. moment: however it is written. written: the chunk's own moment, to the digit that a store keeps. */
type Meaning = "value" | "name" | "moment" | "written";
type Said = {
  readonly path: FieldPath | null;
  readonly value: unknown;
  readonly meaning: Meaning;
  /** How finely the other store holds a moment. */
  readonly precision?: MomentPrecision | undefined;
};

/** What the chunk says, when it was written last. A text: why no payload can say it. */
function saidOf(chunk: WholeChunk, { spec, fields, momentKeys }: Place): Said[] | string {
  const { entityId, namespace, updatedAt, decimals = [], moments = {}, texts = [] } = chunk;
  const places = spec.fields;
  const [key = ""] = keysOf([places.entity]);
  const isOneKey = key === keysOf([places.namespace])[0] && entityId !== undefined && namespace !== undefined;
  if (isOneKey && !isSameName(namespace, entityId)) {
    return `key ${key}: it stands for entity and namespace, and the chunk has two different ones; configure another namespaceField`;
  }
  return [
    ...fields.map((name): Said => {
      const own = valueAt(chunk.fields, [name]);
      const value = decimals.includes(name) ? wholeOf(own) : own;
      const isMoment = Object.hasOwn(moments, name) || (momentKeys.has(name) && !texts.includes(name));
      const path = metadataPath(places, name);
      return isMoment
        ? { path, value, meaning: "moment", precision: moments[name] }
        : { path, value, meaning: "value" };
    }),
    { path: places.namespace, value: namespace, meaning: "name" },
    ...(isOneKey ? [] : [{ path: places.entity, value: entityId, meaning: "name" } as const]),
    { path: places.updatedAt, value: updatedAt, meaning: "written" },
  ];
}

/** What isn't spoken of isn't written, nor null to a key that the payload lacks, nor what means the same. */
function isNews(before: unknown, said: Said): boolean {
  const { value, meaning } = said;
  if (value === undefined || (value === null && before === undefined)) return false;
  return !means(before, said) && !(meaning === "name" && isSameName(before, value));
}

function changedAt(payload: Payload, path: FieldPath, value: unknown): Payload | string {
  const key = keyOf(path);
  if (value === otherMoment || value === unclearUnit) return `key ${key}: ${value}`;
  if (!isHeldExactly(value)) {
    return `key ${key}: Qdrant would keep another number than the chunk's, it knows doubles and whole numbers of 64 bits; correct it where it comes from`;
  }
  return (
    withValueAt(payload, path, value) ??
    `key ${key}: what the payload holds on the way there is no object; correct the point's payload`
  );
}

/** Whether the payload's value says the same already. */
function means(before: unknown, { value, meaning, precision = "microsecond" }: Said): boolean {
  if (before === undefined) return false;
  const time = meaning === "written" && isNumber(before) === isNumber(value) ? exactTimeOf(value) : null;
  if (time !== null) return exactTimeOf(before) === time;
  if (!isSameKind(before, value)) return false;
  return isSameValue(before, value, (a, b) => meaning === "moment" && isSameWithin(a, b, precision));
}

/** A namespace is asked for as text, which finds no number. */
function whyOtherType(payload: Payload, chunk: WholeChunk, { fields }: QdrantSpec): string | null {
  const held = fields.namespace === null ? undefined : valueAt(payload, fields.namespace);
  if (!isSameName(held, chunk.namespace) || isNumber(held) === isNumber(chunk.namespace)) return null;
  return `key ${keysOf([fields.namespace]).join("")}: one store has a number and the other its text, which a search for the namespace doesn't find; let the application write it as text`;
}

function isNumber(value: unknown): boolean {
  return numberText(value) !== null;
}

/** A name keeps its type and its spelling: neither 7 nor 7.0 is made the text "7". */
function isSameName(before: unknown, value: unknown): boolean {
  return before !== undefined && canonicalName(before) === canonicalName(value);
}

/** A filter for the whole number 12 doesn't find the fraction 12.0, so that one isn't left for the other. */
function isSameKind(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.every((each, index) => isSameKind(each, b[index]));
  const [left, right] = [numberText(a), numberText(b)];
  return left === null || right === null || /^-?\d+$/.test(left) === /^-?\d+$/.test(right);
}

function isHeldExactly(value: unknown): boolean {
  const digits = numberText(value);
  if (digits === null) {
    if (typeof value !== "object" || value === null) return true;
    return Object.values(value).every(isHeldExactly);
  }
  const isWhole = /^-?\d+$/.test(digits) && BigInt(digits) >= -(1n << 63n) && BigInt(digits) < 1n << 64n;
  return isWhole || isSameValue(value, Number(digits));
}

/**
 * Whether a point has the keys and the vector that were sent, and of what wasn't sent the vectors that it had. The whole
 * numbers of uint8 are too far from what they were made of to say anything.
 */
export function isWritten(
  point: StoredPoint | undefined,
  given: Given,
  { held, datatype }: { readonly held: StoredPoint | null } & Pick<CollectionInfo, "datatype">,
): boolean {
  const { payload, news } = given;
  if (point === undefined || (datatype !== "uint8" && !hasVectors(point, given, held))) return false;
  if (held === null || news.values.length === 0) return isSame(point.payload, payload);
  return news.values.every(([key]) =>
    isSame(valueAt(point.payload, stepsOfKey(key)), valueAt(payload, stepsOfKey(key))),
  );
}

/** Greatest distance of two directions that are the same to a collection of float16, or of float32. */
const nearest = 2e-3;

function hasVectors({ vectors }: StoredPoint, { vector, news }: Given, held: StoredPoint | null): boolean {
  const names = new Set([...Object.keys(held?.vectors ?? {}), ...Object.keys(vectors)]);
  const sent = Array.isArray(vector) ? { "": vector } : (vector as Readonly<Record<string, unknown>>);
  return [...names].every((name) => {
    if (held !== null && !(news.hasVector && Object.hasOwn(sent, name)))
      return JSON.stringify(vectors[name]) === JSON.stringify(held.vectors[name]);
    const [is, given] = [floatsOf(vectors[name]), floatsOf(sent[name])];
    return given === null || (is !== null && isSameDirection(is, given));
  });
}

function isSameDirection(is: Float32Array, given: Float32Array): boolean {
  const lengthOf = (vector: Float32Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  const [a, b] = [lengthOf(is), lengthOf(given)];
  if (a === 0 || b === 0 || is.length !== given.length) return a === b;
  return lengthOf(is.map((value, index) => value / a - (given[index] as number) / b)) <= nearest;
}

/** Numbers as near as Qdrant reads them; null as absent, which is what setting a key to null makes of it. */
function isSame(a: unknown, b: unknown): boolean {
  const [left, right] = [numberText(a), numberText(b)];
  if (left !== null && right !== null) return isSameValue(a, b) || isNear(Number(left), Number(right));
  if (!isMembered(a) || !isMembered(b)) return isSameValue(a, b);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => isSame(a[key], b[key]));
}

/** Doubles; whole numbers of 64 bits have no such slack. */
function isNear(a: number, b: number): boolean {
  return !(Number.isInteger(a) && Number.isInteger(b)) && Math.abs(a - b) <= Math.abs(b) * parseError;
}

function isMembered(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && numberText(value) === null;
}

export function readChunk(
  point: StoredPoint,
  { spec, fields, momentKeys }: Omit<Place, "conventions">,
): Omit<StoredChunk, "version"> {
  const { payload, vectors } = point;
  const at = (path: FieldPath | null): unknown => (path === null ? undefined : valueAt(payload, path));
  const { entity, namespace, updatedAt } = spec.fields;
  const moment = at(updatedAt);
  const time = updatedAt !== null && (moment ?? null) === null ? null : (exactTimeOf(moment) ?? undefined);
  const said = fields.flatMap((name) => {
    const value = at(metadataPath(spec.fields, name));
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    id: point.chunkId,
    entityId: at(entity),
    namespace: at(namespace),
    updatedAt: time,
    hasUnreadableMoment: time === undefined && moment !== undefined,
    fields: Object.fromEntries(said),
    moments: Object.fromEntries([...momentKeys].map((name) => [name, "microsecond"])),
    vector: floatsOf(vectors[spec.vectorName ?? ""]),
  };
}
