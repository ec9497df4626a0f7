import { expect, test } from "vitest";
import { parseVerifyOptions } from "./options.ts";

test("without any flag everything is compared by id and time, gently, and nothing is left behind", () => {
  expect(parseVerifyOptions({}, {})).toEqual({
    scope: { level: "fresh", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 },
    rowsPerSecond: 50_000,
    isResumed: false,
    reportFolder: null,
    serveReport: null,
    serveForMs: 120_000,
    terminationLog: null,
    checkpointMs: 5000,
    quality: null,
  });
});

test("flags are read, and a moment becomes one in UTC", () => {
  const flags = {
    since: "2026-01-31T12:00:00+02:00",
    partition: "3/4",
    budget: "none",
    lag: "0.5",
    report: "r",
    resume: true,
  };
  const options = parseVerifyOptions({ ...flags, serveReport: "[::1]:8080", serveFor: "0" }, {});
  expect(options.scope).toMatchObject({
    since: "2026-01-31T10:00:00.000Z",
    partition: { index: 3, count: 4 },
    lagSeconds: 0.5,
  });
  expect(options).toMatchObject({
    rowsPerSecond: null,
    isResumed: true,
    serveReport: { host: "::1", port: 8080 },
    serveForMs: 0,
  });
});

test("the variable's moment counts when no flag gives one, and an empty one is none", () => {
  const variable = { RETRIEVER_VERIFY_SINCE: "2026-01-31" };
  expect(parseVerifyOptions({}, variable).scope.since).toBe("2026-01-31T00:00:00.000Z");
  expect(parseVerifyOptions({ since: "2026-02-01" }, variable).scope.since).toBe("2026-02-01T00:00:00.000Z");
  expect(parseVerifyOptions({}, { RETRIEVER_VERIFY_SINCE: "" }).scope.since).toBeNull();
});

test.each([
  { flags: { level: "all" }, says: "--level: expected ids, fresh, payload, vector" },
  { flags: { partition: "4/4" }, says: "--partition: expected i/n with i < n" },
  { flags: { partition: "1" }, says: "--partition: expected i/n" },
  { flags: { sample: "0" }, says: "--sample: expected a share above 0" },
  { flags: { sample: "1.5" }, says: "--sample: expected a share above 0" },
  { flags: { since: "yesterday" }, says: "--since: expected ISO 8601" },
  { flags: { since: "2026-13-01" }, says: "--since: expected ISO 8601" },
  { flags: { budget: "fast" }, says: "--budget: expected chunks per second, or none" },
  { flags: { lag: "-1" }, says: "--lag: expected seconds" },
  { flags: { serveReport: "8080" }, says: "--serve-report: expected host:port" },
  { flags: { serveFor: "long" }, says: "--serve-for: expected seconds" },
  { flags: { report: "" }, says: "--report: " },
  { flags: { resume: true }, says: "--resume: expected --report" },
])("$flags is refused by the flag's name and what was expected", ({ flags, says }) => {
  expect(() => parseVerifyOptions(flags, {})).toThrow(says);
});

test("every fault is listed at once", () => {
  expect(() => parseVerifyOptions({ level: "x", sample: "x" }, {})).toThrow(/--level: .*; --sample: /);
});
