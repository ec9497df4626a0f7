import { expect, test } from "vitest";
import { PageRows } from "./page-rows.ts";

const mebibyte = 1_048_576;

function pagesOf(most: number, bytesOfRow: readonly number[]): number[] {
  const rows = new PageRows(most);
  return bytesOfRow.map((bytes) => {
    const asked = rows.next;
    rows.took(asked, asked * bytes);
    return asked;
  });
}

test("pages of small rows grow to as many as are asked for", () => {
  expect(pagesOf(10_000, Array(6).fill(500))).toEqual([50, 200, 800, 3200, 10_000, 10_000]);
  expect(pagesOf(3, [500, 500])).toEqual([3, 3]);
});

test("pages of large rows hold as many as come to 64 MiB, and one of larger ones", () => {
  expect(pagesOf(10_000, [mebibyte, mebibyte, 4 * mebibyte, 100 * mebibyte, 500])).toEqual([50, 64, 64, 16, 1]);
});

test("a page without a row says nothing of the next one", () => {
  const rows = new PageRows(1000);
  rows.took(0, 0);
  expect(rows.next).toBeGreaterThan(0);
});
