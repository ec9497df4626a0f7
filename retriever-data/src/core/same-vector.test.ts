import type { VectorPrecision } from "@retriever/stores/ports/chunk-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isSameVector, vectorRule } from "./same-vector.ts";

const number = fc.float({ min: -10, max: 10, noNaN: true }).filter((value) => Math.abs(value) > 1e-3);
const vector = fc.array(number, { minLength: 8, maxLength: 64 }).map((numbers) => Float32Array.from(numbers));

function side(precision: VectorPrecision, change: object = {}) {
  return { precision, isNormalised: false, metric: "l2", ...change };
}

function normalised(values: Float32Array): Float32Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / length);
}

/** Eleven bits of mantissa. */
function halved(values: Float32Array): Float32Array {
  return values.map((value) => {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
    return Math.round(value / unit) * unit;
  });
}

test("a vector is the same as itself normalised where a store keeps directions, and only there", () => {
  fc.assert(
    fc.property(vector, (values) => {
      const stored = normalised(values);
      expect(isSameVector(values, stored, vectorRule(side("float32"), side("float32", { isNormalised: true })))).toBe(
        true,
      );
      const lengthened = values.map((value) => value * 1.001);
      expect(isSameVector(values, lengthened, vectorRule(side("float32"), side("float32")))).toBe(false);
      expect(isSameVector(values, lengthened, vectorRule(side("float32", { metric: "cosine" }), side("float32")))).toBe(
        true,
      );
    }),
  );
});

test("what a precision loses is no difference to it, and is one to a finer store", () => {
  fc.assert(
    fc.property(vector, (values) => {
      expect(isSameVector(values, halved(values), vectorRule(side("float32"), side("half")))).toBe(true);
      const [long, rounded] = [Float32Array.of(...values, 12.5), Float32Array.of(...values.map(Math.trunc), 12)];
      expect(isSameVector(long, rounded, vectorRule(side("int8"), side("float32")))).toBe(true);
      const signs = values.map((value) => (value > 0 ? 1 : 0));
      expect(isSameVector(values, signs, vectorRule(side("float32"), side("binary")))).toBe(true);
    }),
  );
  const values = Float32Array.of(0.1, 0.2, 0.3);
  expect(isSameVector(values, halved(values), vectorRule(side("float32"), side("float32")))).toBe(false);
});

test("zeros are what bytes keep of numbers below 1, and no such vector", () => {
  const rule = vectorRule(side("float32"), side("int8"));
  expect(isSameVector(Float32Array.of(0.6, -0.8), Float32Array.of(0, 0), rule)).toBe(false);
  expect(isSameVector(Float32Array.of(0, 0), Float32Array.of(0, 0), rule)).toBe(true);
});

test("another vector is another one at every precision", () => {
  fc.assert(
    fc.property(vector, fc.nat(7), (values, index) => {
      const turned = values.slice();
      turned[index] = -(values[index] ?? 0) * 4 - Math.sign(values[index] ?? 1) * 2;
      for (const precision of ["float32", "half", "int8", "binary"] as const) {
        expect(isSameVector(values, turned, vectorRule(side(precision), side("float32")))).toBe(false);
      }
    }),
  );
});

test("an absent vector equals an absent one alone, and zero equals zero", () => {
  const rule = vectorRule(side("float32", { metric: "cosine" }), side("float32"));
  const [zero, one] = [new Float32Array(2), Float32Array.of(1, 0)];
  expect(isSameVector(null, null, rule)).toBe(true);
  expect(isSameVector(null, zero, rule)).toBe(false);
  expect(isSameVector(zero, zero.slice(), rule)).toBe(true);
  expect(isSameVector(zero, one, rule)).toBe(false);
  expect(isSameVector(one, Float32Array.of(1, 0, 0), rule)).toBe(false);
});
