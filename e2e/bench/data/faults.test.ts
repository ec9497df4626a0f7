import { expect, it } from "vitest";
import { chooseFaults, expectedOf, faultKinds, idOf, scoreOf } from "./faults.ts";

const faults = chooseFaults(10_000, 100, 7);

it("chooses so many faults of every kind, no chunk twice, the same for the same seed", () => {
  expect(faults).toHaveLength(100);
  expect(new Set(faults.map(({ index }) => index)).size).toBe(100);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  expect(chooseFaults(10_000, 100, 7)).toEqual(faults);
  expect(chooseFaults(10_000, 100, 8)).not.toEqual(faults);
});

it("loses one batch in a row, and leaves over what the source never had", () => {
  const row = faults.filter(({ kind }) => kind === "lost in a row").map(({ index }) => index);
  expect(row).toEqual(Array.from({ length: 16 }, (_, step) => (row[0] ?? 0) + step));
  expect(faults.filter(({ kind }) => kind === "left over").every(({ index }) => index >= 10_000)).toBe(true);
});

it("scores a report by id and kind", () => {
  const listed = [...expectedOf(faults)].map(([id, kind]) => ({ id, kind }));
  expect(scoreOf(listed, faults)).toEqual({ found: 100, falsely: 0 });
  expect(scoreOf(listed.slice(1), faults)).toEqual({ found: 99, falsely: 0 });
  expect(scoreOf([...listed.slice(1), { id: idOf(1), kind: "extra" }], faults)).toEqual({ found: 99, falsely: 1 });
});

it("refuses more faults than fit", () => {
  expect(() => chooseFaults(100, 100, 1)).toThrow("100 rows don't hold 100 faults");
});
