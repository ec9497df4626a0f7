import { expect, test } from "vitest";
import { describeLimit, describeMissing, describeSeen, percent } from "./gate-message.ts";

test("shares are per cent to three digits, and none where there is none", () => {
  expect([0, 0.0123, 0.5, 0.123456, 1, null].map(percent)).toEqual([
    "0 %",
    "1.23 %",
    "50 %",
    "12.3 %",
    "100 %",
    "none",
  ]);
});

test.each([
  ["scoreDelta", 0.01, 2000, "scoreDelta: 1 % of 2000 samples are bad"],
  ["latencyDelta", 0.0333, 30, "latencyDelta: 3.33 % of 30 samples are bad"],
  ["mismatch", 1, 8, "mismatch: 100 % of 8 samples are bad"],
  ["scoreMean", 0.123456, 1234.6, "scoreMean: the top similarity is 0.123 lower on average over 1235 samples"],
  ["scoreMean", 0, 12.345, "scoreMean: the top similarity is 0 lower on average over 12.3 samples"],
  ["overlap", 0.725, 1000, "overlap: 72.5 % of the chunks of 1000 samples are in both answers"],
  ["overlap", null, 0, "overlap: no samples"],
] as const)("%s saw %s in %s", (gate, value, n, words) => {
  expect(describeSeen(gate, value, n)).toBe(words);
});

test("counts of a thousand and more are whole, exact ones stay as they are", () => {
  const samples = (n: number) => describeSeen("mismatch", 0, n).replace(/^.* of (.*) samples.*$/, "$1");
  expect([999, 1000, 1000.4, 12_345, 999.4, 0.5].map(samples)).toEqual(["999", "1000", "1000", "12345", "999", "0.5"]);
});

test("a limit is a share, a floor, or a score", () => {
  expect(describeLimit("mismatch", 0.2)).toBe("the limit of 20 %");
  expect(describeLimit("overlap", 0.6)).toBe("the floor of 60 %");
  expect(describeLimit("scoreMean", 0.2)).toBe("the limit of 0.2");
});

test("what is missing has the precision of an estimate, at least one", () => {
  expect(describeMissing(1134)).toBe("about 1100 more samples would prove it");
  expect(describeMissing(0.2)).toBe("about 1 more samples would prove it");
  expect(describeMissing(null)).toBe("too close to it for any number of samples to prove");
});
