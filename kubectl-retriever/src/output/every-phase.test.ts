// U4: in every phase, at both sizes: nothing wider or taller than the terminal, no sentence cut, the figures there.
import type { HarmLine } from "@retriever/crds/status/harm-status.ts";
import { type MigrationStatus, phases } from "@retriever/crds/status/migration-status.ts";
import { aCondition, aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { viewMigration } from "./migration-view.ts";
import { renderStatus } from "./render-status.ts";

const at = "2026-01-01T11:19:00Z";
const now = Date.parse("2026-01-01T12:00:00Z");
const message =
  "the guard waits: in the last 15 minutes there were 9 requests, too few to notice a dead destination in time; replay queries, raise guard.maxDetectionTime, or end it by a CompleteGuard act with a reason";

const gates: MigrationStatus["gates"] = ["scoreDelta", "latencyDelta", "mismatch", "shadowErrors"].map((gate) => ({
  gate,
  verdict: "Pass",
  value: 0.009,
  interval: [0.006, 0.012],
  n: 5166,
  limit: 0.05,
  windowSeconds: 300,
  message: "",
}));
const aLine = (line: HarmLine["line"], more: Partial<HarmLine> = {}): HarmLine => ({
  line,
  slice: null,
  limit: 0.05,
  bad: 12,
  n: 1200,
  evidence: 0.12,
  logs: [],
  ...more,
});
const lines = (
  ["score", "latency", "mismatch", "shadowErrors", "liveErrors", "emptyAnswers", "liveLatency", "severe"] as const
).map((line) => aLine(line));

const openChecks = [
  {
    check: "reachable",
    status: "Unknown",
    reason: "NotProbed",
    message: "3 of 12 pods have not answered yet whether they reach qdrant.search.svc",
    answeredBy: "each pod, at its next probe",
  },
  {
    check: "approvals",
    status: "False",
    reason: "ApprovalsMissing",
    message: "approve plan 0123456789abcdef: needs product-owner 0 of 1, needs sre-on-call 0 of 1",
    answeredBy: "people in the role sre-on-call: kubectl retriever approve docs -n search --role ROLE",
  },
] as const satisfies MigrationStatus["openChecks"];

/** As full as each phase gets. */
function inPhase(phase: MigrationStatus["phase"], more: Partial<MigrationStatus> = {}): MigrationStatus {
  const past = ["Guard", "Completed"].includes(phase);
  return aStatus({
    phase,
    message,
    phaseStartedAt: at,
    epoch: 7,
    plan: aPlanText(),
    planHash: "0123456789abcdef",
    revision: {
      epoch: 7,
      primary: past ? "destination" : "source",
      shadow: "destination",
      sampleRate: 0.05,
      released: false,
      at,
    },
    stage: { index: 1, count: 3, sampleRate: 0.05, startedAt: at },
    acks: { pods: 12, matched: 11, lagging: ["search-api-7d9f-abcde"], lost: [] },
    guard: {
      startedAt: at,
      tickedAt: at,
      visibility: "watched",
      watchedSeconds: 7500,
      idleSeconds: 60,
      unobservedSeconds: 0,
    },
    gates: phase === "Guard" ? [] : gates,
    detection: { epoch: 7, from: at, until: at, lines, slices: [] },
    conditions: [
      aCondition("Ready", "True"),
      aCondition("RollbackReady", "True", "the source answers in 9 ms and its newest chunk is 12 s old"),
    ],
    ...(phase.startsWith("Awaiting") || phase === "Preflight" ? { openChecks } : {}),
    ...more,
  });
}

const drawn = (status: MigrationStatus, columns: number, rows: number) =>
  renderStatus(viewMigration(aRawMigration(status)), now, { columns, rows, color: false });
/** The words again, as they stood before they were wrapped. */
const words = (text: string) => text.replaceAll(/\s+/g, " ");

describe.each([
  [80, 24],
  [200, 50],
])("on a terminal of %i x %i", (columns, rows) => {
  test.each(phases)("%s fits, and says its sentence whole", (phase) => {
    const shown = drawn(inPhase(phase), columns, rows);
    expect(shown.length).toBeLessThan(rows);
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(words(shown.join("\n"))).toContain(message);
    expect(shown.join("\n")).not.toMatch(/[^.]\.\.\.$/m);
  });

  test.each([
    ["Preflight", [/OPEN +reachable +unknown: 3 of 12/, /OPEN +approvals +no: approve plan/, /answered by/]],
    ["AwaitingApproval", [/OPEN +approvals +no: approve plan/, /retriever\s+approve\s+docs/]],
    [
      "WarmUp",
      [
        /PROGRESS +2 of 3 +41m of \d+m, \d+m left at least/,
        /score worse by > 0\.2 +0\.9 % +0\.6 - 1\.2 % +5 % +5,166 +pass/,
      ],
    ],
    [
      "Ramp",
      [/PROGRESS/, /^HARM .*EVIDENCE$/m, /slower by >= 80 ms +1 % +0\.5 - 1\.7 % +5 % +1,200 +12 % of what acts/],
    ],
    ["AwaitingCutover", [/score worse by > 0\.2/, /OPEN +approvals/]],
    ["CuttingOver", [/PROGRESS +11 of 12 +pods follow, 1 left/]],
    ["Guard", [/PROGRESS +8 % +21h55m of watched time left/, /live requests failed +1 %/, /live p95 up by \d+ ms/]],
    ["RollingBack", [/PROGRESS +11 of 12 +pods follow, 1 left/]],
  ] as const)("%s shows the figures that it is decided by", (phase, figures) => {
    const shown = drawn(inPhase(phase), columns, rows).join("\n");
    for (const figure of figures) expect(shown).toMatch(figure);
  });
});

test("no size and no text makes it wider or taller, or leaves anything in that a terminal obeys", () => {
  const anyText = fc.string({ maxLength: 600, unit: "grapheme-ascii" });
  const sizes = { columns: fc.integer({ min: 20, max: 220 }), rows: fc.integer({ min: 2, max: 60 }) };
  fc.assert(
    fc.property(fc.constantFrom(...phases), anyText, fc.record(sizes), (phase, text, { columns, rows }) => {
      const shown = drawn(inPhase(phase, { message: `${text}\u001b[31m` }), columns, rows);
      expect(shown.length).toBeLessThan(rows);
      expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(columns);
      // oxlint-disable-next-line no-control-regex -- that there is none is what is tested
      expect(shown.join("")).not.toMatch(/[\u0000-\u001f]/);
    }),
  );
});

test("more open checks than there is room for are named in one line", () => {
  const many = Array.from({ length: 12 }, (_, index) => ({ ...openChecks[1], check: `check-${index}` }) as const);
  const shown = drawn(inPhase("Preflight", { openChecks: many }), 80, 24);
  expect(shown.length).toBeLessThan(24);
  expect(words(shown.join("\n"))).toMatch(/OPEN 12 check-0, .*check-11; -o yaml says who answers each/);
});

test("what the message says of an open check isn't said again", () => {
  const [first] = openChecks;
  const shown = drawn(inPhase("Preflight", { openChecks: [first], message: `preflight: ${first.message}` }), 200, 50);
  expect(shown.join("\n")).toMatch(/^OPEN +reachable +unknown; answered by each pod, at its next probe$/m);
});

test("a gate that counted nothing passes nothing", () => {
  const [gate] = gates;
  if (gate === undefined) throw new Error("no gate");
  const shown = drawn(inPhase("Ramp", { gates: [{ ...gate, n: 0, value: null, interval: null }] }), 80, 24).join("\n");
  expect(shown).toMatch(/score worse by > 0\.2 .* 0 +no samples/);
  expect(shown).not.toContain("pass");
});

test("what is left out is counted where the line has no room for its names", () => {
  const acts: MigrationStatus["acts"] = {
    paused: false,
    seen: [],
    waived: [{ check: "parity", actor: "ada", reason: "counted", at }],
  };
  const harm = { causes: ["slower by at least 80 ms"], stepDowns: 0 };
  const shown = drawn(inPhase("Guard", { harm, acts }), 60, 18);
  expect(shown.at(-1)).toBe("No room for 2 more parts: use -o yaml");
});

test("of a rollback the figures stay, for what the result says isn't said again", () => {
  const causes = ["RETR_DUAL_VARIANCE_HIGH: slower by 80 ms or more: 100 % of 8831 samples (limit 5 %)"];
  const rollback = { at, from: "Guard", reason: "HarmAlert", causes, actor: null } as const;
  const shown = drawn(
    inPhase("RolledBack", { rollback: { ...rollback, causes }, message: `back: ${causes[0]}` }),
    200,
    50,
  );
  expect(shown.filter((line) => line.includes("8831"))).toHaveLength(1);
  expect(shown).toContainEqual(expect.stringMatching(/^ROLLBACK +from Guard HarmAlert$/));
});

test("what settled after a rollback isn't called stalled", () => {
  const conditions = [aCondition("Stalled", "True"), aCondition("Settled", "True")];
  expect(drawn(inPhase("RolledBack", { conditions }), 80, 24)[0]).not.toContain("Stalled");
});
