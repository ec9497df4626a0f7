// A share against a limit, with what the samples leave open left open.
import fc from "fast-check";
import { expect, it } from "vitest";
import { sideOfLimit } from "./side-of-limit.ts";

it("of a share far from the limit is known after some samples, and of few samples it isn't", () => {
  expect(sideOfLimit(3, 300, 0.15)).toBe("below");
  expect(sideOfLimit(90, 300, 0.15)).toBe("above");
  expect(sideOfLimit(0, 5, 0.05)).toBe("unknown");
  expect(sideOfLimit(15, 300, 0.05)).toBe("unknown");
  expect(sideOfLimit(0, 0, 0.05)).toBe("unknown");
});

it("is never below the limit with a share above it, nor above with one below", () => {
  const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(fc.nat(2000), share, share, (n, part, limit) => {
      const bad = Math.round(n * part);
      const side = sideOfLimit(bad, n, limit);
      const contradicted = { below: bad / n >= limit, above: bad / n <= limit, unknown: false };
      expect(contradicted[side]).toBe(false);
    }),
  );
});
