import { expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { columnsOf, withColumns } from "./columns.ts";

const at = "2026-01-01T00:00:00Z";
const guardAt = (watchedSeconds: number) =>
  aStatus({
    guard: { startedAt: at, tickedAt: at, visibility: "watched", watchedSeconds, idleSeconds: 0, unobservedSeconds: 0 },
  });

test.each([
  [0, "0s/24h"],
  [59.9, "59s/24h"],
  [3599, "59m/24h"],
  [86_399, "23h/24h"],
])("a guard that watched for %d s is %s", (seconds, column) => {
  expect(withColumns(guardAt(seconds), aSpec()).columns).toEqual({ guard: column });
});

test("stages count from one, and without any there are no columns", () => {
  const stage = { index: 0, count: 3, sampleRate: 0.02 };
  expect(withColumns(aStatus({ stage }), aSpec()).columns).toEqual({ stage: "1/3" });
  expect(withColumns(aStatus(), aSpec())).toEqual(aStatus());
});

test("a stage and a guard that are over leave no column behind", () => {
  const before = aStatus({ columns: { stage: "3/3", guard: "1h/24h" } });
  expect(withColumns(before, aSpec())).toEqual(aStatus());
});

test("of a guard whose plan can't be read the whole time is unknown", () => {
  expect(columnsOf(guardAt(7200), undefined)).toEqual({ guard: "2h/?" });
});
