import fc from "fast-check";
import { expect, it } from "vitest";
import { sliceName } from "./slice-name.ts";

it("a namespace of usual length is called by its name", () => {
  expect(sliceName("6f1d4c1e-0000-4000-8000-000000000001")).toBe("6f1d4c1e-0000-4000-8000-000000000001");
  expect(sliceName("Zürich")).toBe("Zürich");
});

it("two long namespaces that begin alike are two names", () => {
  const names = ["a", "b"].map((end) => sliceName(`${"tenant".repeat(40)}${end}`));
  expect(new Set(names).size).toBe(2);
  expect(names[0]).toMatch(/^(tenant)+tena~[0-9a-f]{16}$/);
});

it("whatever a namespace is called, its name takes 64 bytes at most, and is its own name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 256 }), (namespace) => {
      const name = sliceName(namespace);
      expect(Buffer.byteLength(JSON.stringify(name)) - 2).toBeLessThanOrEqual(64);
      expect(sliceName(name)).toBe(name);
    }),
  );
});
