import { expect, test } from "vitest";
import { whyVectorUnfit, withDirection } from "./vector-fit.ts";

const float16 = { datatype: "float16", distance: "Dot" } as const;
const uint8 = { datatype: "uint8", distance: "Cosine" } as const;
const cosine = { datatype: null, distance: "Cosine" } as const;

test.each([
  [float16, [65_520, 1], "65520 would become infinite"],
  [float16, [1, -1e6], "-1000000 would become infinite"],
  [{ ...float16, distance: "Cosine" as const }, [3e38, 3e38], "would become zeros"],
  [uint8, [3, 256], "256 would become another one"],
  [uint8, [-1, 3], "-1 would become another one"],
  [uint8, [0.6, 0.8], "all of its numbers would become 0"],
  [uint8, [-0.5, 0], "all of its numbers would become 0"],
  [cosine, [3e38, 1], "would become zeros"],
])("in %o the vector %j is refused", (kept, vector, says) => {
  expect(whyVectorUnfit({ vector: Float32Array.from(vector) }, kept)).toContain(says);
});

test.each([
  [float16, [65_519, -65_504]],
  [{ ...float16, distance: "Cosine" as const }, [1e6, 2e6]],
  [uint8, [0, 255, -0.5, 255.9]],
  [uint8, [0, 0]],
  [cosine, [1e18, -1e18]],
  [cosine, [0, 0]],
  [{ datatype: null, distance: "Dot" as const }, [3e38, 3e38]],
  [{ datatype: "float32", distance: "Euclid" as const }, [3e38, 1e-40]],
])("in %o the vector %j is kept", (kept, vector) => {
  expect(whyVectorUnfit({ vector: Float32Array.from(vector) }, kept)).toBeNull();
});

test("a chunk that speaks of no vector fits, and numbers in text are read only where one may be too large", () => {
  expect(whyVectorUnfit({ vector: null }, float16)).toBeNull();
  const unread = {
    vectorJson: "[1e-05,99999]",
    get vector(): Float32Array {
      throw new Error("it was read");
    },
  };
  expect(whyVectorUnfit(unread, cosine)).toBeNull();
  expect(whyVectorUnfit({ vector: Float32Array.of(3e38, 1), vectorJson: "[3e+38,1]" }, cosine)).toContain("zeros");
});

test("a vector that is too short to become a direction is sent as one, and numbers in text are read only where all may be small", () => {
  const short = Float32Array.of(3e-4, -1e-5);
  const sent = withDirection({ vector: short, vectorJson: "[0.0003,-1e-05]" }, cosine);
  expect(sent.vectorJson).toBeUndefined();
  expect(sent.vector?.[0]).toBeCloseTo(0.99944, 4);
  expect(sent.vector?.[1]).toBeCloseTo(-0.03331, 4);
  for (const [vector, kept] of [
    [short, { ...cosine, distance: "Dot" as const }],
    [short, uint8],
    [Float32Array.of(0, 0), cosine],
    [Float32Array.of(3.5e-4, 0), cosine],
  ] as const)
    expect(withDirection({ vector }, kept).vector).toBe(vector);
  const unread = {
    vectorJson: "[1e-05,0.0012]",
    get vector(): Float32Array {
      throw new Error("it was read");
    },
  };
  expect(withDirection(unread, cosine)).toBe(unread);
});
