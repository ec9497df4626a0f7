// A payload as Qdrant shows it: its parser takes the digits of a decimal times a power of ten, which rounds twice, when the
// payload comes and again when it is shown. One of ten doubles of 17 digits becomes its neighbour so.
import { doubleOf, isArray, isObject, type Json, type JsonObject } from "./json.ts";

export function reread(payload: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, shown(value)]));
}

function shown(value: Json): Json {
  if (isArray(value)) return value.map(shown);
  if (isObject(value)) return reread(value);
  return typeof value === "number" && !Number.isInteger(value) ? doubleOf(readOnce(readOnce(value))) : value;
}

function readOnce(double: number): number {
  const [significand = "", power = ""] = double.toExponential().split("e");
  const [whole = "", fraction = ""] = significand.split(".");
  const exponent = Number(power) - fraction.length;
  if (exponent < -308) return Number(`${whole}${fraction}`) / 1e308 / Number(`1e${-exponent - 308}`);
  return Number(`${whole}${fraction}`) / Number(`1e${-exponent}`);
}
