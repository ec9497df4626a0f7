import type { StoredChunk } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { makeDifference, makeReport } from "#test/reports.ts";
import { decideRemoval, decideWrite } from "./decide.ts";
import { planRepair } from "./plan.ts";
import { printPlan } from "./print.ts";

const time = (second: number): string => new Date(Date.UTC(2026, 2, 1, 0, 0, second)).toISOString();

function stored(id: string, second: number, change: Partial<StoredChunk> = {}): StoredChunk {
  return {
    id,
    entityId: "e",
    namespace: "n",
    updatedAt: time(second),
    fields: {},
    vector: null,
    version: "v",
    ...change,
  };
}

const identities = {
  source: makeChunkMemory("source", []).store.identity,
  destination: makeChunkMemory("destination", []).store.identity,
};
const seen = { sourceUpdatedAt: time(5), destinationUpdatedAt: time(1), destinationVersion: "v" };
const report = makeReport(identities, [makeDifference("a", "stale", seen), makeDifference("x", "extra", seen)]);
const plan = planRepair(report, identities, { direction: "source-to-destination", deletesExtra: true });
const [stale, extra] = report.differences as [(typeof report.differences)[0], (typeof report.differences)[0]];

function decide(held: Partial<StoredChunk>, difference: object = {}) {
  return [
    decideWrite(plan, { ...stale, ...difference }, { from: [stored("a", 5)], to: [stored("a", 1, held)] }),
    decideRemoval(plan, { ...extra, ...difference }, { from: [], to: [stored("x", 1, held)] }),
  ];
}

test("a chunk whose moment can't be read where it comes from is refused, unless ids alone were compared", () => {
  const from = [{ ...stored("a", 5), updatedAt: undefined, hasUnreadableMoment: true }];
  const missing = { ...stale, kind: "missing" } as const;
  const reason = expect.stringContaining("updated_at of the source isn't a moment") as string;
  expect(decideWrite(plan, missing, { from, to: [] })).toEqual({ id: "a", why: "refused", reason });
  expect(decideWrite({ ...plan, level: "ids" }, missing, { from, to: [] })).toEqual({ chunk: from[0], over: null });
});

test("a chunk with the version and the moment of the report is overwritten, and removed", () => {
  expect(decide({})).toEqual([
    { chunk: stored("a", 5), over: "v" },
    { id: "x", version: "v" },
  ]);
});

test.each([
  ["moment", { updatedAt: time(2) }],
  ["version", { version: "w" }],
])("B1: a chunk with another %s than the report's stays", (_, held) => {
  expect(decide(held)).toMatchObject([{ why: "changed" }, { why: "changed" }]);
});

test("B3: a chunk that the report has no version of stays, and the plan says so", () => {
  const reason = expect.stringContaining("verify again") as string;
  expect(decide({}, { destinationVersion: undefined })).toMatchObject([
    { why: "refused", reason },
    { why: "refused", reason },
  ]);
  const { destinationVersion: _version, ...unversioned } = seen;
  const bare = [makeDifference("a", "stale", unversioned), makeDifference("x", "extra", unversioned)];
  const options = { direction: "source-to-destination", deletesExtra: true } as const;
  const bareReport = makeReport(identities, bare);
  expect(printPlan(planRepair(bareReport, identities, options), bareReport, [])).toContain(
    "mind    the report has no versions of 2 chunks that the destination holds",
  );
});

test("B4: a chunk whose moment can't be read stays, whatever the report says of it", () => {
  const reason = expect.stringContaining("updated_at") as string;
  for (const destinationUpdatedAt of [time(1), null]) {
    expect(decide({ updatedAt: undefined, hasUnreadableMoment: true }, { destinationUpdatedAt })).toMatchObject([
      { why: "refused", reason },
      { why: "refused", reason },
    ]);
  }
});

test("a moment that Postgres rounded up isn't newer than what it was rounded from; one a unit later is", () => {
  const bySecond = { ...plan, momentPrecision: "second" } as const;
  const decideAt = (updatedAt: string) =>
    decideWrite(
      bySecond,
      { ...stale, destinationUpdatedAt: updatedAt },
      { from: [stored("a", 5, { updatedAt: "2026-03-01T00:00:05.700Z" })], to: [stored("a", 6, { updatedAt })] },
    );
  expect(decideAt(time(6))).toMatchObject({ chunk: { id: "a", updatedAt: undefined }, over: "v" });
  expect(decideAt(time(7))).toMatchObject({ why: "newer" });
});
