import { type HarmLine, harmLines } from "@retriever/crds/status/harm-status.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { mostTelling } from "./slice-lines.ts";

const at = "2026-10-01T00:00:00.000Z";
const counts = { share: 0.1, bad: 1, n: 10, sourceBad: 0, sourceN: 10, partBad: 0, partN: 0, partSquares: 0, parts: 0 };
const clock = { since: at, seenAt: at, partFrom: at, ...counts, verdict: "waiting" as const };

const anyLine = fc
  .record({
    line: fc.constantFrom(...harmLines),
    slice: fc.option(fc.integer({ min: 0, max: 20 })),
    evidence: fc.double({ min: 0, max: 1, noNaN: true }),
    stands: fc.boolean(),
  })
  .map(
    ({ stands, ...line }): HarmLine => ({
      ...line,
      limit: 0.05,
      bad: 1,
      n: 10,
      logs: [],
      ...(stands ? { clock } : {}),
    }),
  );
const byName = ({ line, slice }: HarmLine) => `${line}/${slice}`;
const anyLines = fc.uniqueArray(anyLine, { selector: byName, maxLength: 200, size: "max" });

it("all traffic's lines are kept, and of slices no more than have room, those that stand before all others", () => {
  fc.assert(
    fc.property(anyLines, fc.integer({ min: 0, max: 64 }), (lines, names) => {
      const kept = mostTelling(lines, names);
      const whole = lines.filter(({ slice }) => slice === null);
      expect(kept.filter(({ slice }) => slice === null)).toEqual(whole);
      expect(kept).toEqual(lines.filter((line) => kept.includes(line)));
      const room = 68 - Math.ceil(names / 3);
      expect(kept.length).toBe(Math.min(lines.length, room));
      const rank = ({ evidence, clock: own }: HarmLine) => evidence + (own === undefined ? 0 : 2);
      const [left, stayed] = [lines.filter((line) => !kept.includes(line)), kept.filter(({ slice }) => slice !== null)];
      expect(Math.max(-1, ...left.map(rank))).toBeLessThanOrEqual(Math.min(4, ...stayed.map(rank)));
    }),
  );
});
