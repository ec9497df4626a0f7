// Vectors of request bodies: one list of numbers, or lists by vector name.
// Numbers beyond float32 become infinite, as they do in Qdrant; sparse and multi-vectors are refused.
import { LimitFault, notInStandIn, ShapeFault } from "./fault.ts";
import { isArray, type Json, JsonObject, toDouble } from "./json-value.ts";

/** A list of numbers; undefined for anything else. */
export function parseDense(value: Json | undefined): Float32Array | undefined {
  if (!isArray(value)) return undefined;
  const vector = new Float32Array(value.length);
  for (let index = 0; index < value.length; index += 1) {
    const number = toDouble(value[index]);
    if (number === undefined) return undefined;
    vector[index] = number;
  }
  return vector;
}

/** `vector` of an upserted point: by name, the unnamed one under the empty name. */
export function parsePointVectors(value: Json, path: string): ReadonlyMap<string, Float32Array> {
  const one = parseDense(value);
  if (one !== undefined) return new Map([["", notEmpty(one, `${path}.vector`)]]);
  if (isArray(value) && value.every(isArray)) throw notInStandIn("multi-vectors");
  if (!(value instanceof JsonObject))
    throw new ShapeFault("data did not match any variant of untagged enum VectorStruct");
  const named = [...value].map(([name, member]) => {
    const vector = parseDense(member);
    if (member instanceof JsonObject && member.has("indices")) throw notInStandIn("sparse vectors");
    if (vector === undefined) throw new ShapeFault("data did not match any variant of untagged enum VectorStruct");
    return [name, notEmpty(vector, `${path}.${name}`)] as const;
  });
  return new Map(named);
}

function notEmpty(vector: Float32Array, path: string): Float32Array {
  if (vector.length === 0) throw new LimitFault(`${path}: dense vector must not be empty`);
  return vector;
}
