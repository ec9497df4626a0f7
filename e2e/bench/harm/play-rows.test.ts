// Rows that are asked for by name: a run of none proves nothing, and must not look as if it did.
import { expect, it } from "vitest";
import { placesOf } from "./play-rows.ts";
import { allRows } from "./rows/all.ts";

const idsOf = (places: readonly number[]) => new Set(places.map((place) => allRows[place]?.id));

it("without a word all rows are played, with one those that it names", () => {
  expect(placesOf([], "")).toHaveLength(allRows.length);
  expect(idsOf(placesOf(["D2", "D3"], ""))).toEqual(new Set(["D2", "D3"]));
  expect(idsOf(placesOf(["D1"], "by the hour"))).toEqual(new Set(["D1"]));
  expect(placesOf(["D11"], "")).toEqual([]);
});

it("a word that names no row is refused, beside others as well", () => {
  expect(() => placesOf(["D2", "D99"], "")).toThrow("rows: got D99, expected D1, D1a, D2");
  expect(() => placesOf([], "by hour")).toThrow('--named: got "by hour", expected a part of the name of a row');
  expect(() => placesOf(["D2"], "by the hour")).toThrow("--named: got");
});
