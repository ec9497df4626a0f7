// A query vector in the forms the stores take, each made at most once and only when asked for.

import type { Embedding } from "#ports/backend.ts";
import { printFloats } from "./print-floats.ts";
import { readFloats } from "./read-floats.ts";
import { refuse } from "./scan-numbers.ts";

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** From the bytes of a scanned JSON array: they are what Qdrant gets. */
export function embeddingFromJson(json: Uint8Array, dimension: number): Embedding {
  let binary: Buffer | undefined;
  return {
    dimension,
    json: () => json,
    binary: () => {
      binary ??= encodeVector(dimension, (floats) => readFloats(json, floats));
      return binary;
    },
  };
}

/** From base64 of little-endian float32. Throws RETR_REQUEST_INVALID for anything else, and for NaN or infinity. */
export function embeddingFromBase64(text: string): Embedding {
  const values = decodeBase64(text);
  refuseNonFinite(values);
  let json: Buffer | undefined;
  let binary: Buffer | undefined;
  return {
    dimension: values.length,
    json: () => {
      json ??= printFloats(values);
      return json;
    },
    binary: () => {
      binary ??= encodeVector(values.length, (floats) => floats.set(values));
      return binary;
    },
  };
}

function decodeBase64(text: string): Float32Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const byteLength = Math.floor(((text.length - padding) * 3) / 4);
  // Unpooled, so that the bytes are aligned and can be read as floats without a copy.
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  // Node skips what isn't base64, so the length shows it.
  const isWhole = byteLength > 0 && byteLength % 4 === 0 && bytes.write(text, "base64") === byteLength;
  if (!isWhole || !isStandard(text, bytes, padding)) throw refuse("expected base64 of little-endian float32 values");
  if (!isLittleEndian) bytes.swap32();
  return new Float32Array(bytes.buffer, 0, byteLength / 4);
}

/** Node also reads the URL's alphabet and stray bits in the last group: one vector would have many texts. Padding may lack. */
function isStandard(text: string, bytes: Buffer, padding: number): boolean {
  const tail = bytes.length % 3 || 3;
  const lastGroup = bytes.toString("base64", bytes.length - tail).slice(0, tail + 1);
  return !text.includes("-") && !text.includes("_") && text.endsWith(lastGroup, text.length - padding);
}

/** All exponent bits set is infinity or NaN (IEEE 754). */
const exponentBits = 0x7f80_0000;

function refuseNonFinite(values: Float32Array): void {
  const words = new Int32Array(values.buffer, 0, values.length);
  for (let index = 0; index < words.length; index += 1) {
    if (((words[index] as number) & exponentBits) === exponentBits) {
      throw refuse(`element ${index}: expected a finite number`);
    }
  }
}

/** pgvector's binary form, so that the server parses no text. */
function encodeVector(dimension: number, fill: (floats: Float32Array) => void): Buffer {
  const buffer = Buffer.allocUnsafeSlow(4 + dimension * 4);
  fill(new Float32Array(buffer.buffer, 4));
  if (isLittleEndian) buffer.swap32();
  buffer.writeUInt16BE(dimension, 0);
  buffer.writeUInt16BE(0, 2);
  return buffer;
}
