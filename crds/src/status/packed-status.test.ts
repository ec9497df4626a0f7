import fc from "fast-check";
import { expect, it } from "vitest";
import { type HarmLine, harmLines } from "./harm-status.ts";
import { migrationStatusSchema } from "./migration-status.ts";
import { TextReader, TextWriter } from "./number-text.ts";
import { packLines, unpackLines } from "./packed-lines.ts";
import { packProcesses, unpackProcesses } from "./packed-processes.ts";
import { packStatus, unpackStatus } from "./packed-status.ts";

const until = "2030-01-01T12:00:00.000Z";
const count = fc.oneof(
  fc.nat(2_000_000),
  fc.double({ min: -1e12, max: 1e12, noNaN: true }).map((value) => Number(value.toPrecision(9)) + 0),
);
const instant = fc.integer({ min: -1e9, max: 1e9 }).map((ms) => new Date(Date.parse(until) + ms).toISOString());
const log = fc.integer({ min: -99_990_000, max: 99_990_000 }).map((units) => units / 1e4 + 0);

const aLine: HarmLine = { line: "score", slice: null, limit: 0.05, bad: 3, n: 40, evidence: 0.25, logs: [1.5] };

const clock = fc.record(
  {
    since: instant,
    share: count,
    bad: count,
    n: count,
    sourceBad: count,
    sourceN: count,
    partFrom: instant,
    partBad: count,
    partN: count,
    shared: count,
    parts: fc.nat(3),
    seenAt: instant,
    partSquares: count,
    verdict: fc.constantFrom("waiting" as const, "worse" as const, "unproved" as const, "unseen" as const),
  },
  {
    requiredKeys: [
      "since",
      "share",
      "bad",
      "n",
      "sourceBad",
      "sourceN",
      "partFrom",
      "partBad",
      "partN",
      "parts",
      "seenAt",
      "partSquares",
      "verdict",
    ],
  },
);
const run = fc.record({
  from: instant,
  requests: count,
  failures: count,
  sourceBad: count,
  sourceN: count,
  failingSeconds: count,
  partBad: count,
  partN: count,
  pods: fc.array(fc.string({ maxLength: 60 }), { maxLength: 2 }),
});
const line = fc.record(
  {
    line: fc.constantFrom(...harmLines),
    slice: fc.option(fc.nat(20)),
    limit: count,
    bad: count,
    n: count,
    evidence: fc.nat(10_000).map((value) => value / 1e4),
    logs: fc.array(log, { maxLength: 8 }),
    clock,
    run,
    groups: fc.array(fc.array(count, { maxLength: 7 }), { maxLength: 12 }),
  },
  { requiredKeys: ["line", "slice", "limit", "bad", "n", "evidence", "logs"] },
) as fc.Arbitrary<HarmLine>;

it("lines of harm that were packed are the same lines once unpacked", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
      expect(unpackLines(packLines(lines, until), until)).toEqual(lines);
    }),
  );
});

it("processes that were packed are the same once unpacked, those of another form as well", () => {
  const hex = (length: number) => fc.nat(16 ** length - 1).map((value) => value.toString(16).padStart(length, "0"));
  const process = fc
    .tuple(hex(8), hex(4), fc.nat(2 ** 31), fc.nat(999), fc.option(fc.nat(2 ** 31)))
    .map(([id, start, judged, stake, silent]) =>
      [id, start, judged, stake, ...(silent === null ? [] : [silent])].join(" "),
    );
  const told = fc.array(fc.oneof(process, fc.string({ maxLength: 80 })), { maxLength: 20 });
  fc.assert(
    fc.property(told, fc.nat(2 ** 31), (processes, recorded) => {
      expect(unpackProcesses(packProcesses(processes, recorded), recorded)).toEqual(processes);
    }),
  );
});

it("numbers are read as they were written, whatever their size", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (values) => {
      const out = new TextWriter();
      for (const value of values) out.decimal(value);
      const from = new TextReader(out.text);
      expect(values.map(() => from.decimal())).toEqual(values.map((value) => Number(value.toPrecision(9)) + 0));
      expect(from.isAtEnd).toBe(true);
    }),
  );
});

/** As many processes as make a status too large to be written out. */
function aLargeStatus(lines: readonly HarmLine[]) {
  const processes = Array.from(
    { length: 1400 },
    (_, index) => `${index.toString(16).padStart(8, "0")} 9f3c 1893499200 12`,
  );
  return migrationStatusSchema.parse({
    phase: "Guard",
    evidence: {
      epoch: 5,
      recordedAt: until,
      groups: [{ requests: 1, samples: 1, exact: 0, content: 0, processes }],
      vanishedPods: 0,
    },
    detection: { epoch: 5, from: until, until, lines, slices: [] },
  });
}

it("a large status is stored packed and read as it was", () => {
  const status = aLargeStatus([aLine]);

  const stored = JSON.parse(JSON.stringify(packStatus(status))) as Record<string, unknown>;
  expect(JSON.stringify(stored)).not.toContain('"lines"');
  expect(migrationStatusSchema.parse(unpackStatus(stored))).toEqual(status);
});

it("a small status is stored as it is read, so that the version before can go on with it", () => {
  const status = migrationStatusSchema.parse({ detection: { epoch: 5, from: until, until, lines: [] } });
  expect(packStatus(status)).toBe(status);
  expect(unpackStatus(status)).toEqual(status);
});

it("a packed status that was damaged can't be read, and never reads as one without evidence", () => {
  const stored = packStatus(aLargeStatus([])) as { evidence: { groups: object[] }; detection: object };
  const detection = { ...stored.detection, packedLines: "B" };
  expect(migrationStatusSchema.safeParse(unpackStatus({ ...stored, detection })).success).toBe(false);
  const evidence = { ...stored.evidence, groups: [{ ...stored.evidence.groups[0], packedProcesses: "B_" }] };
  expect(migrationStatusSchema.safeParse(unpackStatus({ ...stored, evidence })).success).toBe(false);
});

it("whatever stands in the place of a packed text, reading it throws nothing", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9_-]{0,200}$/));
  fc.assert(
    fc.property(text, text, (packedLines, packedProcesses) => {
      const evidence = { epoch: 1, recordedAt: until, vanishedPods: 0, groups: [{ packedProcesses }] };
      const read = unpackStatus({ evidence, detection: { epoch: 1, from: until, until, packedLines } });
      expect(Object.keys(read as object)).toEqual(["evidence", "detection"]);
    }),
  );
});

it("a group of counts that ends in zeros is as long as it was", () => {
  const lines = [{ ...aLine, groups: [[1, 2, 0, 0, 0], [], [0], [0, 0, 0, 0, 0, 0, 7]] }];
  expect(unpackLines(packLines(lines, until), until)).toEqual(lines);
});
