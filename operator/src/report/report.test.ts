import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { openChainFile } from "#audit/chain-file.ts";
import type { AuditRecord } from "#core/status/audit-record.ts";
import { chainStart, printRecord } from "#core/status/audit-record.ts";
import type { KeptChain } from "#ports/audit-store.ts";
import { aChain, aDraft, subject } from "#test/builders/evidence.ts";
import { recordedWorld } from "#test/recorded-loop.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { boundedReport, maxReportBytes } from "./bounded-report.ts";
import { readReport } from "./read-report.ts";
import type { Report } from "./report.ts";
import { renderReportPage } from "./report-html.ts";
import { renderReportMarkdown } from "./report-markdown.ts";

function chainOf(text: string): KeptChain {
  const opened = openChainFile(text);
  if (opened === undefined) throw new Error("no evidence file");
  return opened.chain;
}

async function recorded(until: "Completed" | "RolledBack"): Promise<{ chain: KeptChain; report: Report }> {
  const world = recordedWorld();
  const { loop, evidence } = world.operator();
  loop.start();
  if (until === "RolledBack") {
    await world.until("Guard");
    world.fleet.traffic = () => ({ ...goodTraffic, latencyWorse: 1, latencyMs: 400 });
  }
  await world.until(until);
  await loop.stop();
  await evidence.close(1000);
  const chain = chainOf(await world.file());
  const report = readReport(world.meta, chain);
  if (report === undefined) throw new Error("no report");
  return { chain, report };
}

describe("the report of a migration that completed", () => {
  let chain: KeptChain;
  let report: Report;
  beforeAll(async () => ({ chain, report } = await recorded("Completed")));

  test("says who serves now, what it rests on, and asks for no postmortem", () => {
    expect(report.result).toMatchObject({ mood: "good", phase: "Completed", isFinal: true });
    expect(report.result.headline).toContain("users are served by qdrant://");
    expect(report.evidence).toMatchObject({ records: chain.lines.length, fault: null, unread: 0, missing: 0 });
    expect(report.postmortem).toBeNull();
  });

  test("holds the last verdicts of each stage, and a curve of what was sampled", () => {
    const labels = report.stages.map(({ label }) => label);
    expect(labels.some((label) => label.startsWith("WarmUp 1, "))).toBe(true);
    expect(labels.some((label) => label.startsWith("Ramp 2, "))).toBe(true);
    expect(report.stages.flatMap(({ rows }) => rows).some(({ verdict }) => verdict === "pass")).toBe(true);
    const score = report.timeline.curves.find(({ name }) => name === "score");
    expect(score?.points.some(({ value }) => value !== null)).toBe(true);
    expect(report.timeline.serves.at(-1)?.primary).toBe("destination");
  });

  test("shows the base what it has to say, by reference to credentials", () => {
    const [base] = report.artifacts;
    expect(base).toMatchObject({ state: "open", content: { language: "json" } });
    expect(JSON.parse(base?.content?.text ?? "")).toMatchObject({ primary: { kind: "qdrant" }, dualRead: null });
  });

  test("altered in one record says that it isn't proved, on the page and in Markdown", () => {
    const lines = chain.lines.map((line, index) => (index === 1 ? line.replace(/"epoch":\d+/, '"epoch":77') : line));
    const altered = readReport(report.migration, { ...chain, lines });
    expect(altered?.evidence.fault).toMatch(/^record 2: .*altered/);
    if (altered === undefined) throw new Error("no report");
    expect(renderReportPage(altered)).toContain("CHAIN BROKEN");
    expect(renderReportMarkdown(altered)).toContain("CHAIN BROKEN");
  });

  test("with intact records that this version can't read counts them as unreadable, and is no broken chain", () => {
    const odd = aDraft({
      kind: "decision",
      statusWritten: true,
      input: { form: "digest" },
      decision: { status: 1 },
    } as never);
    const records = aChain([
      aDraft(),
      odd,
      aDraft({ verdicts: "none" as never }),
      aDraft({ kind: "later", schema: 2 } as never),
      aDraft(),
    ]);
    const end = records.at(-1) ?? null;
    const read = readReport(subject, {
      after: { seq: 0, hash: chainStart.hash },
      end,
      lines: records.map(printRecord),
    });
    expect(read?.evidence).toMatchObject({ records: 2, unreadable: 3, fault: null, hash: end?.hash });
    expect(read === undefined ? "" : renderReportMarkdown(read)).toContain("3 unreadable for this version");
  });

  test("cut off at its end says so", () => {
    const cut = readReport(report.migration, { ...chain, lines: chain.lines.slice(0, -1) });
    expect(cut?.evidence.fault).toMatch(/^the chain ends with record \d+, the records with \d+$/);
  });
});

describe("the report of a migration that was rolled back", () => {
  let report: Report;
  beforeAll(async () => ({ report } = await recorded("RolledBack")));

  test("drafts a postmortem with cause, impact, timeline and follow-ups that the API would take", () => {
    expect(report.result).toMatchObject({ mood: "bad", phase: "RolledBack" });
    expect(report.impact?.requests).toBeGreaterThan(0);
    expect(report.impact?.until).not.toBeNull();
    expect(report.postmortem?.length).toBeLessThanOrEqual(8192);
    for (const part of ["## Root cause", "## Impact", "## Timeline", "## Follow-ups", "slower by", "Record this by"])
      expect(report.postmortem).toContain(part);
    expect(report.timeline.serves.at(-1)?.primary).toBe("source");
  });

  test("with more decisions than fit is cut until all three forms fit, and says how many are left out", () => {
    const [entry] = report.story;
    if (entry === undefined) throw new Error("no story");
    const story = Array.from({ length: 3000 }, (_, index) => ({
      ...entry,
      number: index + 1,
      message: "x".repeat(1024),
    }));
    const files = boundedReport({ ...report, story });
    expect(sizeOf(files)).toBeLessThanOrEqual(maxReportBytes);
    expect(files["report.md"]).toMatch(/^\d+ more are left out/m);
    expect(files["report.html"]).toContain("more are left out");
  });

  test("with 20,000 entries in every list keeps all three forms within the bound", () => {
    const many = <T>(list: readonly T[]): T[] => Array.from({ length: 20_000 }, (_, at) => list[at % list.length] as T);
    const { timeline } = report;
    const stretches = many(timeline.stretches).map((stretch, from) => ({ ...stretch, from, to: from + 1 }));
    const serves = many(timeline.serves).map((served, seconds) => ({ ...served, seconds }));
    const curves = timeline.curves.map((curve) => ({ ...curve, points: many(curve.points) }));
    const comparison = { purpose: "Rollback", at: report.until, outcome: "Compared", message: "x", report: null };
    const files = boundedReport({
      ...report,
      stages: many(report.stages),
      changes: many(report.changes),
      story: many(report.story),
      comparisons: many([comparison]),
      acts: many([{ at: report.until, act: "Abort", actor: "user-b", reason: "x" }]),
      timeline: { ...timeline, stretches, serves, curves, marks: many(timeline.marks) },
    });
    expect(sizeOf(files)).toBeLessThanOrEqual(maxReportBytes);
    expect(JSON.parse(files["report.json"]).timeline.stretches[0]).toMatchObject({ from: 0, label: "earlier" });
  });

  test("with a text larger than the bound leaves out the forms that have no room", () => {
    const files = boundedReport({ ...report, source: "x".repeat(maxReportBytes * 0.4) });
    expect(files["report.html"]).toBe("");
    expect(sizeOf(files)).toBeLessThanOrEqual(maxReportBytes);
    expect(sizeOf(boundedReport({ ...report, source: "x".repeat(maxReportBytes) }))).toBe(0);
  });
});

function sizeOf(files: Readonly<Record<string, string>>): number {
  return Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

const hostile = `<script>alert(1)</script>|[x](javascript:y)\u001b[2J\u202e`;

test("hostile names, actors and reasons are text in every form", async () => {
  const { report } = await recorded("Completed");
  const evil = JSON.parse(JSON.stringify(report), (key, value: unknown) =>
    typeof value === "string" && ["name", "actor", "reason", "message", "headline", "source"].includes(key)
      ? hostile
      : value,
  ) as Report;
  const page = renderReportPage(evil);
  const markdown = renderReportMarkdown(evil);
  for (const raw of ["<script", "\u001b", "\u202e"]) {
    expect(page).not.toContain(raw);
    expect(markdown.replaceAll("\\<", "")).not.toContain(raw);
  }
  expect(markdown).not.toContain("[x](");
});

test("records that hold anything at all make a report with a fault, or none, and never throw", () => {
  const anything = fc.record(
    {
      at: fc.oneof(fc.string(), fc.constant("2026-01-01T00:00:00.000Z")),
      verdicts: fc.anything(),
      totals: fc.anything(),
      actors: fc.anything(),
      decision: fc.anything(),
      input: fc.constantFrom({ form: "gzip", base64: "x" }, { form: "digest" }, { form: "plain", value: 1 }),
      kind: fc.constantFrom("decision", "counters"),
      missing: fc.nat(5),
      statusWritten: fc.boolean(),
    },
    { requiredKeys: ["kind"] },
  );
  fc.assert(
    fc.property(fc.array(anything, { minLength: 1, maxLength: 5 }), (wild) => {
      const plain = JSON.parse(JSON.stringify(wild)) as Partial<AuditRecord>[];
      const records = aChain(plain.map((more) => aDraft(more as never)));
      const chain = {
        after: { seq: 0, hash: "0".repeat(64) },
        end: records.at(-1) ?? null,
        lines: records.map(printRecord),
      };
      const report = readReport(subject, chain);
      expect(report === undefined ? 0 : sizeOf(boundedReport(report))).toBeLessThanOrEqual(maxReportBytes);
    }),
    { numRuns: 200 },
  );
});
