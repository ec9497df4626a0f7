// Chunk ids and point ids of a collection: how a chunk is searched, and which id a new point gets.
import { hash } from "node:crypto";
import { isUuid } from "#chunks/ids.ts";
import { rawJson } from "#values/exact-json.ts";
import { numberText } from "#values/same-value.ts";

/** The number that an id prints, exact in JSON (`exact-json.ts`); undefined for anything else, and beyond `bits` bits. */
export function integerOf(id: string, bits: 63 | 64 = 63): unknown {
  if (!/^(0|-?[1-9]\d{0,19})$/.test(id)) return undefined;
  const value = BigInt(id);
  if (value >= 1n << BigInt(bits) || value < (bits === 64 ? 0n : -1n << 63n)) return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : rawJson(id);
}

/** Types of `chunk_id` for which a search is allowed: all, or those with an index where strict mode wants one. */
type Searched = { readonly text: boolean; readonly integer: boolean };
const everything: Searched = { text: true, integer: true };

/** Conditions that find payloads by the chunk id that they hold at `key`. Qdrant's types are strict: 12 isn't "12". */
export function idConditions(key: string, ids: readonly string[], searched: Searched = everything): object[] {
  const numbers = searched.integer ? ids.map((id) => integerOf(id)).filter((value) => value !== undefined) : [];
  const match = (any: readonly unknown[]): object => ({ key, match: { any } });
  return [
    ...(searched.text ? [match(ids)] : []),
    ...(numbers.length === 0 ? [] : [match(numbers)]),
    ...(searched.integer ? ids.filter(isBeyondMatch).map((id) => rangeOf(key, id)) : []),
  ];
}

/** A payload holds integers up to 2^64 - 1, and `match` takes those up to 2^63 - 1. */
function isBeyondMatch(id: string): boolean {
  return integerOf(id) === undefined && integerOf(id, 64) !== undefined;
}

/** Compares as float64, so it finds neighbours as well. */
function rangeOf(key: string, id: string): object {
  return { key, range: { gte: rawJson(id), lte: rawJson(id) } };
}

/** The chunk ids that can be ids of points: UUIDs and unsigned integers. */
export function pointIdsOf(ids: readonly string[]): unknown[] {
  return ids.map((id) => (isUuid(id) ? id : integerOf(id, 64))).filter((id) => id !== undefined);
}

/** As JSON carries it: a UUID, or an unsigned integer, raw where it is beyond 2^53. */
export type PointIdRule = { readonly name: string; readonly idOf: (chunkId: string) => unknown };

/** Name spaces of RFC 9562, appendix C. */
const namespaces = {
  URL: "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
  DNS: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  OID: "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
  X500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
} as const;

const ofName: PointIdRule = { name: "UUID version 5 (URL)", idOf: (id) => hashedUuid(namespaces.URL, id, 5) };

const rules: readonly PointIdRule[] = [
  { name: "the chunk id itself", idOf: (id) => (isUuid(id.toLowerCase()) ? id.toLowerCase() : undefined) },
  { name: "the chunk id as integer", idOf: (id) => integerOf(id, 64) },
  ofName,
  ...(["DNS", "OID", "X500"] as const).map((name) => ({
    name: `UUID version 5 (${name})`,
    idOf: (id: string) => hashedUuid(namespaces[name], id, 5),
  })),
  ...(["URL", "DNS", "OID", "X500"] as const).map((name) => ({
    name: `UUID version 3 (${name})`,
    idOf: (id: string) => hashedUuid(namespaces[name], id, 3),
  })),
  { name: "UUID of the MD5", idOf: (id) => hyphenate(hash("md5", id)) },
  { name: "UUID version 8 of the SHA-256", idOf: (id) => stamp(hash("sha256", id), 8) },
];

type KnownPoint = { readonly id: string; readonly chunkId: string };

/**
 * The first rule that every known point follows; UUID version 5 of the chunk id for a collection without points.
 * Null when no rule fits: an application that makes ids another way would write a chunk a second time.
 */
export function pointIdRule(known: readonly KnownPoint[]): PointIdRule | null {
  if (known.length === 0) return ofName;
  return rules.find(({ idOf }) => known.every(({ id, chunkId }) => isId(idOf(chunkId), id))) ?? null;
}

function isId(made: unknown, id: string): boolean {
  return (numberText(made) ?? made) === id;
}

/** Of points that are named by their own ids alone: another id would be another chunk. */
export const ownIdRule: PointIdRule = {
  name: "the chunk ids",
  idOf: (id) => (isUuid(id) ? id : integerOf(id, 64)),
};

/** What a chunk gets where no rule shows. */
export const fallbackRule = ofName;

function hashedUuid(namespace: string, name: string, version: 3 | 5): string {
  const bytes = Buffer.concat([Buffer.from(namespace.replaceAll("-", ""), "hex"), Buffer.from(name)]);
  return stamp(hash(version === 3 ? "md5" : "sha1", bytes), version);
}

/** Version and variant into the first 32 digits. */
function stamp(digits: string, version: number): string {
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 3) | 8).toString(16);
  return hyphenate(`${digits.slice(0, 12)}${version}${digits.slice(13, 16)}${variant}${digits.slice(17, 32)}`);
}

function hyphenate(digits: string): string {
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, index) => digits.slice(cuts[index], end))
    .join("-");
}
