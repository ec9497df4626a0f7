// A share against a limit, with what the samples leave open left open.
import fc from "fast-check";
import { expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, aPod, noon } from "#test/builders/world.ts";
import { makeOwnEvidence, sideOfLimit } from "./side-of-limit.ts";

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

it("is asked of the pods' newest window, and unknown of harm that began within it, of no pod and of no such line", () => {
  const plan = aSpec();
  const migration = aMigration(plan).in("Guard").build();
  const counters = someCounters({ answered: 1000, requests: 1000, scoreWorse: 10, mismatch: 900 });
  const serving = [aPod().following(migration, counters).build()];
  const { status } = migration;
  const own = makeOwnEvidence({ plan, status, serving, now: noon });
  const longAgo = noon - 300_000;
  expect(["score", "mismatch", "tone"].map((line) => own(line, longAgo))).toEqual(["below", "above", "unknown"]);
  expect(own("score", longAgo + 1)).toBe("unknown");
  expect(makeOwnEvidence({ plan, status, serving: [], now: noon })("score", longAgo)).toBe("unknown");
});
