// When two stores' vectors count as the same: within what the coarser of the two precisions loses.
import type { VectorPrecision } from "@retriever/stores/ports/chunk-store.ts";

export type VectorRule = {
  /** The coarser of the two stores' precisions. */
  readonly precision: VectorPrecision;
  /** One store keeps only directions, so that lengths say nothing. */
  readonly isDirection: boolean;
};

type Side = {
  readonly precision: VectorPrecision | null;
  readonly isNormalised: boolean;
  readonly metric: string | null;
};

/** From fine to coarse. */
const fineness: readonly VectorPrecision[] = ["float32", "half", "int8", "binary"];

/**
 * Greatest distance of two vectors of length 1 that are the same. float32: normalising and printing round each number
 * to 6e-8 of itself. half: to 4.9e-4 of itself.
 */
const tolerances: Readonly<Record<"float32" | "half", number>> = { float32: 1e-5, half: 1e-3 };
/** An int8 is off by less than one step, whether it was rounded or cut. */
const int8Step = 1;

/** The rule for two stores; a precision that isn't known is taken as float32. */
export function vectorRule(source: Side, destination: Side): VectorRule {
  const precisions = [source.precision ?? "float32", destination.precision ?? "float32"] as const;
  const coarser = fineness.findLast((precision) => precisions.includes(precision)) ?? "float32";
  return {
    precision: coarser,
    isDirection: source.isNormalised || destination.isNormalised || source.metric === "cosine",
  };
}

/** Whether two vectors are the same by the rule. Two absent ones are; one absent is a difference. */
export function isSameVector(a: Float32Array | null, b: Float32Array | null, rule: VectorRule): boolean {
  if (a === null || b === null) return a === b;
  if (a.length !== b.length) return false;
  switch (rule.precision) {
    case "binary":
      return a.every((value, index) => value > 0 === (b[index] as number) > 0);
    case "int8":
      // Of numbers below 1 only zeros are left, which nothing is known by.
      return isZero(a) === isZero(b) && a.every((value, index) => Math.abs(value - (b[index] as number)) <= int8Step);
    default:
      return distance(a, b, rule.isDirection) <= tolerances[rule.precision];
  }
}

function isZero(vector: Float32Array): boolean {
  return vector.every((value) => value === 0);
}

/** Euclidean distance, of the directions or relative to the longer vector's length. */
function distance(a: Float32Array, b: Float32Array, isDirection: boolean): number {
  const [lengthA, lengthB] = [lengthOf(a), lengthOf(b)];
  if (lengthA === 0 || lengthB === 0) return lengthA === lengthB ? 0 : Number.POSITIVE_INFINITY;
  const longer = Math.max(lengthA, lengthB);
  const [scaleA, scaleB] = isDirection ? [1 / lengthA, 1 / lengthB] : [1 / longer, 1 / longer];
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] as number) * scaleA - (b[index] as number) * scaleB;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

function lengthOf(vector: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index += 1) sum += (vector[index] as number) ** 2;
  return Math.sqrt(sum);
}
