// What the destination received must be compared after a late rollback, whatever came between.
import fc from "fast-check";
import { expect, test } from "vitest";
import { aLateRollback, playLateRollback, writesOutside } from "#test/late-rollback.ts";

test("of all that was written to the destination before late rollbacks nothing is outside of what is compared", () => {
  let writes = 0;
  fc.assert(
    fc.property(aLateRollback, (story) => {
      const played = playLateRollback(story);
      writes += played.writtenAt.length;
      expect(writesOutside(played, story)).toBe(0);
    }),
    { numRuns: 12 },
  );
  expect(writes).toBeGreaterThan(1000);
});
