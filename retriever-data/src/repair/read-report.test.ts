import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOfReports } from "@retriever/sidecar/contract/repair-summary.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { expect, onTestFinished, test } from "vitest";
import { makeDifference, makeReport } from "#test/reports.ts";
import { checkReport, readReport, readReports } from "./read-report.ts";

const at = (host: string) => identityOf({ kind: "qdrant", host, port: 6333, place: "chunks" });
const stores = { source: at("old"), destination: at("new") };
const report = makeReport(stores, [makeDifference("a", "missing")]);

function write(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "reports-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "report.json");
  writeFileSync(file, content);
  return file;
}

test("a saved report is read as it was, however it is laid out", () => {
  expect(readReport(write(JSON.stringify(report)))).toEqual(report);
  expect(readReport(write(JSON.stringify(report, null, 2)))).toEqual(report);
  expect(() => checkReport(report, stores)).not.toThrow();
});

test.each([
  ["another id", { differences: [makeDifference("b", "missing")] }],
  ["another outcome", { outcome: "equal" }],
  ["another time", { finishedAt: "2026-03-01T00:02:00.000Z" }],
] as const)("a report that was edited (%s) is refused", (_, change) => {
  expect(() => readReport(write(JSON.stringify({ ...report, ...change })))).toThrow("it was edited");
});

test("what is no report is refused, and its faults are named", () => {
  expect(() => readReport("/nowhere/report.json")).toThrow("/nowhere/report.json: expected a readable file");
  expect(() => readReport(write("{"))).toThrow("expected JSON");
  expect(() => readReport(write("{}"))).toThrow(/no report of verify: schema: .*; …$/);
  expect(() => readReport(write(JSON.stringify({ ...report, extra: 1 })))).toThrow("no report of verify");
});

test("a file larger than any report is refused unread", () => {
  const file = write("");
  truncateSync(file, 65 * 1_048_576);
  expect(() => readReport(file)).toThrow("expected at most 67108864 bytes, got 68157440");
});

const refused: readonly (readonly [string, VerifyReport, string])[] = [
  [
    "of another destination",
    makeReport({ ...stores, destination: at("third") }, []),
    "destination: the configuration names qdrant://new:6333/chunks, the report is of qdrant://third:6333/chunks",
  ],
  [
    "of the stores the other way round",
    makeReport({ source: stores.destination, destination: stores.source }, []),
    "source: the configuration names",
  ],
  [
    "without a result",
    makeReport(stores, [], { outcome: "unknown", reason: "RETR_BACKEND_UNAVAILABLE: away" }),
    "the report has no result (RETR_BACKEND_UNAVAILABLE: away): verify until it says equal or drift",
  ],
  [
    "that counts more than it lists",
    makeReport(stores, [makeDifference("a", "missing")], {
      isListComplete: false,
      counts: { missing: 90_000, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 3 },
    }),
    "the report lists 1 of 90000 differences: verify by partitions, such as --partition 0/4",
  ],
];

test.each(refused)("a report %s is refused, and what to do is said", (_, other, message) => {
  expect(() => checkReport(other, stores)).toThrow(message);
});

/** A folder with the reports of all partitions, as the operator keeps them. */
function folderOf(files: Readonly<Record<string, VerifyReport>>): string {
  const folder = mkdtempSync(join(tmpdir(), "reports-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}

function partOf(index: number, count: number): VerifyReport {
  return makeReport(stores, [makeDifference(`chunk-${index}`, "extra")], {
    scope: { level: "vector", since: null, partition: { index, count }, sample: 1, lagSeconds: 5 },
  });
}

test("the reports of a folder are read in the order of their partitions, and agreed to by one digest", () => {
  const parts = Array.from({ length: 11 }, (_, index) => partOf(index, 11));
  const folder = folderOf({
    ...Object.fromEntries(parts.map((part, index) => [`report-${index}.json`, part])),
    "migration.json": report,
  });
  const digest = digestOfReports(parts.map((part) => part.digest));
  expect(readReports(folder, digest)).toEqual(parts);
  expect(() => readReports(folder, "0".repeat(64))).toThrow(
    `expected the report 000000000000… that was agreed to, got ${digest.slice(0, 12)}…: nothing was written`,
  );
});

test("one report is agreed to by its own digest, wherever it lies", () => {
  const file = write(JSON.stringify(report));
  expect(readReports(file, report.digest)).toEqual([report]);
  for (const name of ["report-0.json", "report.json"])
    expect(readReports(folderOf({ [name]: report }), report.digest)).toEqual([report]);
  expect(() => readReports(file, "0".repeat(64))).toThrow("nothing was written");
});

test.each([
  ["an empty folder", {}, "expected report.json or report-0.json, found no report"],
  ["a gap", { "report-0.json": partOf(0, 2), "report-2.json": partOf(1, 2) }, "expected report-1.json, found none"],
  [
    "parts that were exchanged",
    { "report-0.json": partOf(1, 2), "report-1.json": partOf(0, 2) },
    "expected partition 0 of 2, got 1 of 2",
  ],
  [
    "parts of which some are missing",
    { "report-0.json": partOf(0, 3), "report-1.json": partOf(1, 3) },
    "expected partition 0 of 2, got 0 of 3",
  ],
])("nothing is repaired from %s", (_, files, message) => {
  expect(() => readReports(folderOf(files), null)).toThrow(message);
});
