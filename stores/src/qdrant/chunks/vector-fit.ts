// Which vectors a collection would keep as other ones, or make no direction of: it takes them all, and says nothing of what
// it makes of them. Pure.
import type { WholeChunk } from "#ports/chunk-store.ts";
import type { CollectionInfo } from "../client/collection.ts";

type Kept = Pick<CollectionInfo, "datatype" | "distance">;

/** Largest number of float16, and where rounding goes beyond it. */
const [largestHalf, infiniteHalf] = [65_504, 65_520];
const largestFloat = 3.402_823_466_385_288_6e38;

/** Why the collection can't hold the chunk's vector; null: it can. */
export function whyVectorUnfit(
  chunk: Pick<WholeChunk, "vector" | "vectorJson">,
  { datatype, distance }: Kept,
): string | null {
  const { vectorJson } = chunk;
  const isNormalised = distance === "Cosine" && datatype !== "uint8";
  const isFloat = datatype !== "uint8" && datatype !== "float16";
  // Numbers without a positive exponent are far from the largest, and to read them takes longer than all else.
  const isSmall = vectorJson !== undefined && !/e\+/i.test(vectorJson);
  if (isFloat && (!isNormalised || isSmall)) return null;
  const { vector } = chunk;
  if (vector === null) return null;
  if (isNormalised) return whyNoDirection(vector);
  return datatype === "uint8" ? whyNoBytes(vector) : whyNoHalves(vector);
}

/** Of a shorter vector's squares Qdrant makes no direction: it keeps it as it is, and ranks it by its length. */
const leastSquares = 2 ** -23;
/** A number of at least 0.001, so that the whole is long enough. */
const longEnough = /[[,]-?(?:[1-9]|0\.0{0,2}[1-9])\d*(?:\.\d+)?[,\]]/;

/** The chunk, its vector of length 1 where the collection is one of directions and would make none of it. */
export function withDirection<Chunk extends Pick<WholeChunk, "vector" | "vectorJson">>(
  chunk: Chunk,
  { datatype, distance }: Kept,
): Chunk {
  if (distance !== "Cosine" || datatype === "uint8" || longEnough.test(chunk.vectorJson ?? "")) return chunk;
  const { vector } = chunk;
  const squares = vector?.reduce((sum, value) => sum + value * value, 0) ?? 0;
  if (vector === null || squares === 0 || squares >= leastSquares) return chunk;
  const length = Math.sqrt(squares);
  return { ...chunk, vector: vector.map((value) => value / length), vectorJson: undefined };
}

/** Of a length that float32 can't say only zeros are kept. */
function whyNoDirection(vector: Float32Array): string | null {
  const squares = vector.reduce((sum, value) => sum + value * value, 0);
  if (squares <= largestFloat) return null;
  return "vector: it is longer than the collection can make a direction of, and would become zeros; correct it where it comes from";
}

function whyNoHalves(vector: Float32Array): string | null {
  const beyond = vector.find((value) => Math.abs(value) >= infiniteHalf);
  if (beyond === undefined) return null;
  return `vector: the collection holds numbers of at most ${largestHalf} (float16), and ${beyond} would become infinite; correct it where it comes from, or make the collection of float32`;
}

/** A byte keeps a number without its fraction. */
function whyNoBytes(vector: Float32Array): string | null {
  const beyond = vector.find((value) => !(value > -1 && value < 256));
  const held = "vector: the collection holds whole numbers from 0 to 255 (uint8)";
  if (beyond !== undefined)
    return `${held}, and ${beyond} would become another one; let the application write it, or make the collection of float32`;
  const areZeros = vector.some((value) => value !== 0) && vector.every((value) => value < 1);
  return areZeros
    ? `${held}, and all of its numbers would become 0; let the application write it, or make the collection of float32`
    : null;
}
