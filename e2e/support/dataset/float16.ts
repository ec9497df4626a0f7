// Half-precision numbers to single precision. Exact: every float16 is a float32.
// Only little-endian bytes are read, whatever the machine's own order is.

const table = new Float32Array(65_536).map((_, bits) => decodeBits(bits));

function decodeBits(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

/** All numbers of a buffer of little-endian float16, in order. A trailing odd byte is left out. */
export function decodeFloat16(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length >> 1);
  for (let index = 0; index < values.length; index += 1) {
    const bits = (bytes[2 * index] ?? 0) | ((bytes[2 * index + 1] ?? 0) << 8);
    values[index] = table[bits] ?? 0;
  }
  return values;
}
