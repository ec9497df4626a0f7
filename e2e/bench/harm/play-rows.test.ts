// Rows that are asked for by name: a run of none proves nothing, and must not look as if it did.
import { expect, it } from "vitest";
import { placesOf, playedPlace } from "./play-rows.ts";
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

it("a row that counts another one's runs counts as many as that plays for itself", () => {
  const places = [...allRows.keys()];
  const again = places.filter((place) => playedPlace(place) !== place);
  expect(again.length).toBeGreaterThan(0);
  for (const place of again) {
    const [row, played] = [allRows[place], allRows[playedPlace(place)]];
    expect(playedPlace(playedPlace(place))).toBe(playedPlace(place));
    expect([row?.runs, row?.quickRuns]).toEqual([played?.runs, played?.quickRuns]);
  }
});
