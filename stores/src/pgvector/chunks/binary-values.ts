// Values in the binary form in which COPY takes them into a column. Only what a column surely holds as it was given is
// encoded: whatever Postgres might change or refuse has none here. Pure.
import { numberText } from "#values/same-value.ts";
import { exactTime } from "#values/time.ts";
import type { Column } from "../client/table-catalogue.ts";
import { vectorText } from "./whole-chunk-sql.ts";

/** Null: the value may not be what the column would hold. */
type Encode = (value: unknown) => Buffer | null;

/** Bytes of a value for a column, without their length; null where it may be refused or changed. */
export function encoderOf({ type, modifier }: Pick<Column, "type" | "modifier">): Encode {
  if (type === "numeric") return (value) => encodeDecimal(value, modifier);
  // Postgres cuts blanks off that are too many, and rounds a moment.
  if (type === "varchar" && modifier >= 0) return (value) => (isWithin(value, modifier - 4) ? encodeText(value) : null);
  if (type.startsWith("timestamp") && modifier >= 0 && modifier < 6)
    return (value) => (isCoarse(value, modifier) ? (encoders[type]?.(value) ?? null) : null);
  const element = type.startsWith("_") ? elements[type.slice(1)] : undefined;
  if (element !== undefined) return (value) => encodeList(value, element);
  return encoders[type] ?? (() => null);
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === "string" && value.length <= most;
}

function isCoarse(value: unknown, digits: number): boolean {
  return typeof value === "string" && (/\.(\d+?)0*(?:\D|$)/.exec(value)?.[1] ?? "").length <= digits;
}

/** Half a surrogate has no UTF-8. */
const encodeText: Encode = (value) =>
  typeof value === "string" && !value.includes("\0") && value.isWellFormed() ? Buffer.from(value, "utf8") : null;

const encoders: Readonly<Record<string, Encode>> = {
  text: encodeText,
  varchar: encodeText,
  int2: (value) => whole(value, 2),
  int4: (value) => whole(value, 4),
  int8: (value) => whole(value, 8),
  float4: (value) => floating(value, 4),
  float8: (value) => floating(value, 8),
  bool: (value) => (typeof value === "boolean" ? Buffer.of(value ? 1 : 0) : null),
  uuid: (value) =>
    typeof value === "string" && uuid.test(value) ? Buffer.from(value.replaceAll("-", ""), "hex") : null,
  json: (value) => encodeText(jsonOf(value)),
  jsonb: (value) => {
    const text = encodeText(jsonOf(value));
    return text === null ? null : Buffer.concat([Buffer.of(1), text]);
  },
  timestamptz: (value) => micros(value),
  timestamp: (value) =>
    typeof value === "string" && !/[+-]\d{2}(:?\d{2})?$/.test(value.slice(10)) ? micros(value) : null,
  date: (value) => (typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? days(value) : null),
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The escapes of NUL and of halves of surrogates are texts that jsonb refuses. */
function jsonOf(value: unknown): string | null {
  const text = JSON.stringify(value);
  return /\\u(0000|d[89a-f])/.test(text) ? null : text;
}

function whole(value: unknown, bytes: 2 | 4 | 8): Buffer | null {
  const text = numberText(value);
  if (text === null || !/^-?\d{1,19}$/.test(text)) return null;
  const [number, limit] = [BigInt(text), 1n << BigInt(bytes * 8 - 1)];
  if (number < -limit || number >= limit) return null;
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(number);
  return buffer.subarray(8 - bytes);
}

function floating(value: unknown, bytes: 4 | 8): Buffer | null {
  const text = numberText(value) ?? "NaN";
  const number = Number(text);
  const held = bytes === 4 ? Math.fround(number) : number;
  // As a text it would be refused, like one that is too large.
  const isTooSmall = held === 0 && /^-?[0.]*[1-9]/.test(text);
  if (!Number.isFinite(held) || isTooSmall) return null;
  const buffer = Buffer.alloc(bytes);
  if (bytes === 4) buffer.writeFloatBE(number);
  else buffer.writeDoubleBE(number);
  return buffer;
}

/** ms from 1970 to 2000, where Postgres begins to count. */
const epochMs = 946_684_800_000;

/** Whole microseconds; more digits than those would be rounded. */
function micros(value: unknown): Buffer | null {
  const text = typeof value === "string" ? exactTime(value) : null;
  const digits = text === null ? undefined : /\.\d{3}(\d{0,3})Z$/.exec(text)?.[1];
  if (text === null || digits === undefined) return null;
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(Date.parse(text) - epochMs) * 1000n + BigInt(digits.padEnd(3, "0")));
  return buffer;
}

function days(text: string): Buffer | null {
  const time = exactTime(text);
  if (time === null) return null;
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE((Date.parse(time) - epochMs) / 86_400_000);
  return buffer;
}

/** Eleven bits with a sign: a column may round to hundreds, and then holds no number for certain. */
function scaleOf(modifier: number): number {
  return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
}

/** In groups of four digits; `modifier` holds the scale that the column rounds to. */
function encodeDecimal(value: unknown, modifier: number): Buffer | null {
  const [, sign, before = "", after = ""] = /^(-?)(\d{1,1000})(?:\.(\d{1,1000}))?$/.exec(numberText(value) ?? "") ?? [];
  if (sign === undefined || (modifier >= 0 && after.length > scaleOf(modifier))) return null;
  const groups = Math.ceil(before.length / 4);
  const digits = before.padStart(groups * 4, "0") + after.padEnd(Math.ceil(after.length / 4) * 4, "0");
  const buffer = Buffer.alloc(8 + digits.length / 2);
  buffer.writeInt16BE(digits.length / 4, 0);
  buffer.writeInt16BE(groups - 1, 2);
  buffer.writeUInt16BE(sign === "-" && /[1-9]/.test(digits) ? 0x4000 : 0, 4);
  buffer.writeInt16BE(after.length, 6);
  for (let at = 0; at < digits.length; at += 4) buffer.writeInt16BE(Number(digits.slice(at, at + 4)), 8 + at / 2);
  return buffer;
}

type Element = { readonly oid: number; readonly encode: Encode };

/** By the type of a list's elements, with the number by which Postgres knows it. */
const elements: Readonly<Record<string, Element>> = {
  text: { oid: 25, encode: encodeText },
  int4: { oid: 23, encode: (value) => whole(value, 4) },
  int8: { oid: 20, encode: (value) => whole(value, 8) },
};

/** Of one dimension, without nulls. */
function encodeList(value: unknown, { oid, encode }: Element): Buffer | null {
  if (!Array.isArray(value)) return null;
  const head = Buffer.alloc(value.length === 0 ? 12 : 20);
  [value.length === 0 ? 0 : 1, 0, oid, value.length, 1].slice(0, head.length / 4).forEach((number, index) => {
    head.writeInt32BE(number, index * 4);
  });
  const parts: Uint8Array[] = [head];
  for (const each of value) {
    const bytes = encode(each);
    if (bytes === null) return null;
    parts.push(lengthOf(bytes), bytes);
  }
  return Buffer.concat(parts);
}

/** As four bytes. */
function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return length;
}

/** Of a vector for its column, in `room` where it has some; null where the column may not take it, or not with these bits. */
export function encodeVector(
  vector: Float32Array,
  { type, modifier }: Pick<Column, "type" | "modifier">,
  room?: Buffer,
): Buffer | null {
  if (modifier > 0 && vector.length !== modifier) return null;
  if (!isFinite(vector)) return null;
  if (type === "bit") return encodeBits(vectorText(vector, type));
  if (type !== "vector") return null;
  const length = 4 + vector.length * 4;
  const buffer = room?.length === length ? room : Buffer.allocUnsafe(length);
  buffer.writeUInt32BE(vector.length * 0x1_0000);
  buffer.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), 4);
  buffer.subarray(4).swap32();
  return buffer;
}

/** By hand: a call for each number takes longer than all else that is done for them. */
function isFinite(vector: Float32Array): boolean {
  for (let index = 0; index < vector.length; index += 1) if (!Number.isFinite(vector[index])) return false;
  return true;
}

function encodeBits(digits: string): Buffer {
  const buffer = Buffer.alloc(4 + Math.ceil(digits.length / 8));
  buffer.writeInt32BE(digits.length);
  for (let at = 0; at < digits.length; at += 1)
    if (digits[at] === "1") buffer[4 + (at >> 3)] = (buffer[4 + (at >> 3)] as number) | (0x80 >> (at & 7));
  return buffer;
}
