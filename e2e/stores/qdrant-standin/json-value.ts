// JSON as Qdrant keeps it: 64-bit integers stay exact and `1.0` stays a fraction, which JavaScript's own parser loses.
// Numbers are plain numbers wherever that loses nothing.

/** A number written with a point or exponent (or beyond 64 bits) whose value is whole, `-0.0` included. */
export class WholeFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Members in the order of the text. A name that came twice keeps its last value and is remembered. */
export class JsonObject extends Map<string, Json> {
  duplicate: string | undefined = undefined;
}

export type Json = null | boolean | string | number | bigint | WholeFloat | readonly Json[] | JsonObject;

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether the value is one of the 64-bit integers. */
export function isInteger(value: Json | undefined): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

/** The value as a double; undefined when it isn't a number. */
export function toDouble(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return value instanceof WholeFloat ? value.value : undefined;
}

/** Turns a plain JavaScript value into its JSON form. Throws TypeError for what JSON can't say. */
export function fromPlain(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "bigint")
    return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is not a JSON number`);
    return value;
  }
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== "object") throw new TypeError(`a ${typeof value} is not a JSON value`);
  const object = new JsonObject();
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) object.set(name, fromPlain(member));
  }
  return object;
}
