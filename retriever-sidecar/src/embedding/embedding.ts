// A query vector in the forms the stores take, each made at most once and only when asked for.

import { RetrieverError } from "#errors.ts";
import type { Embedding } from "#ports/backend.ts";

/** From the bytes of a scanned JSON array: they are what Qdrant gets. */
export function embeddingFromJson(json: Uint8Array, dimension: number): Embedding {
  let binary: Buffer | undefined;
  return {
    dimension,
    json: () => json,
    binary: () => {
      binary ??= encodeVector(parseNumbers(json));
      return binary;
    },
  };
}

/** From base64 of little-endian float32. Throws RETR_REQUEST_INVALID for anything else, and for NaN or infinity. */
export function embeddingFromBase64(text: string): Embedding {
  const bytes = decodeBase64(text);
  const values = new Float32Array(bytes.length / 4);
  for (let index = 0; index < values.length; index += 1) {
    const value = bytes.readFloatLE(index * 4);
    if (!Number.isFinite(value)) throw refuse(`element ${index}: expected a finite number`);
    values[index] = value;
  }
  let json: Buffer | undefined;
  let binary: Buffer | undefined;
  return {
    dimension: values.length,
    json: () => {
      json ??= Buffer.from(JSON.stringify([...values]));
      return json;
    },
    binary: () => {
      binary ??= encodeVector(values);
      return binary;
    },
  };
}

function decodeBase64(text: string): Buffer {
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  const bytes = isBase64 ? Buffer.from(text, "base64") : Buffer.alloc(0);
  const isExact = bytes.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  if (!isBase64 || !isExact || bytes.length === 0 || bytes.length % 4 !== 0) {
    throw refuse("expected base64 of little-endian float32 values");
  }
  return bytes;
}

function parseNumbers(json: Uint8Array): readonly number[] {
  // The scanner has proved that this is an array of numbers.
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString("latin1")) as number[];
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** pgvector's binary form, so that the server parses no text. */
function encodeVector(values: ArrayLike<number>): Buffer {
  const buffer = Buffer.allocUnsafeSlow(4 + values.length * 4);
  const floats = new Float32Array(buffer.buffer, 4);
  floats.set(values);
  if (isLittleEndian) buffer.swap32();
  buffer.writeUInt16BE(values.length, 0);
  buffer.writeUInt16BE(0, 2);
  return buffer;
}

function refuse(expectation: string): RetrieverError {
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message: `embedding: ${expectation}`, path: "embedding" });
}
