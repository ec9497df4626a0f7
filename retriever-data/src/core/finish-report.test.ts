import {
  digestOfReport,
  type VerifyReport,
  verifyReportSchema,
  verifySummarySchema,
} from "@retriever/sidecar/contract/verify-report.ts";
import { expect, test } from "vitest";
import { cutReport, mostSummaryBytes, seal, summaryText } from "./finish-report.ts";
import { reportPage } from "./report-page.ts";
import { tally } from "./tally.ts";

const identity = { kind: "memory", label: "memory://a", digest: "0".repeat(32) };
const store = {
  identity,
  dimension: 4,
  metric: "cosine",
  precision: "float32",
  read: 9,
  newestUpdatedAt: null,
} as const;
const noScope = { level: "fresh", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 } as const;

function makeReport(ids: readonly string[], change: Partial<VerifyReport> = {}): VerifyReport {
  const settled = ids.map((id) => {
    const chunk = { id, namespace: "<b>", updatedAtMs: 0, payloadDigest: null, vector: null };
    return { pair: { id, source: chunk, destination: null }, kind: "missing" as const };
  });
  const { digest: _, ...rest } = {
    schema: 1,
    version: "1",
    outcome: "drift",
    reason: null,
    startedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: "2026-01-01T00:00:01.000Z",
    scope: noScope,
    source: store,
    destination: store,
    ...tally(settled, false),
    quality: null,
    digest: "",
    ...change,
  } as const;
  return seal(rest);
}

const many = Array.from({ length: 3000 }, (_, index) => `chunk-${String(index).padStart(5, "0")}`);

test("a report is cut to any size that holds its head, says so, and its digest is that of what is left", () => {
  const report = makeReport(many);
  expect(cutReport(report, Number.POSITIVE_INFINITY)).toBe(report);
  for (const maxBytes of [300_000, 100_000, 5000, 2000]) {
    const cut = cutReport(report, maxBytes);
    const size = Buffer.byteLength(JSON.stringify(cut));
    expect(size).toBeLessThanOrEqual(maxBytes);
    expect(size).toBeGreaterThan(maxBytes - 2000);
    expect(cut).toMatchObject({ isListComplete: false, counts: report.counts });
    const { digest, ...rest } = verifyReportSchema.parse(cut);
    expect(digestOfReport(rest)).toBe(digest);
  }
  expect(cutReport(report, 10).differences).toEqual([]);
});

test("the short form fits a termination message whatever the ids and the reason are", () => {
  for (const ids of [many, many.map((id) => id.padEnd(512, "識")), [], many.map((id) => id.padEnd(512, "\u0001"))]) {
    const text = summaryText(makeReport(ids, { reason: "\u0001".repeat(2000) }));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(mostSummaryBytes);
    verifySummarySchema.parse(JSON.parse(text));
  }
  expect(JSON.parse(summaryText(makeReport(many)))).toMatchObject({
    ids: many.slice(0, 20),
    counts: { missing: 3000 },
  });
});

test("what stores say can't become markup of the page", () => {
  const page = reportPage(makeReport(["<script>alert(1)</script>", '"><img src=x>'], { reason: "a & <b>" }));
  expect(page).not.toMatch(/<script|<img|<b>/);
  expect(page).toContain("&#60;script&#62;alert(1)&#60;/script&#62;");
  expect(page).toContain("a &#38; &#60;b&#62;");
});

test("the page tells each index's recall, and what wasn't measured", () => {
  const source = { value: 0.987_654, interval: [0.91, 1], queries: 200 };
  const page = reportPage(makeReport([], { quality: { k: 10, source, destination: null } }));
  expect(page).toContain("recall@10");
  expect(page).toMatch(/0\.988.*0\.910 to 1\.000.*200/);
});

test("the page says how many there are when it shows fewer", () => {
  expect(reportPage(makeReport(many))).toContain("2,980 more; the JSON beside this page lists 3,000.");
  expect(reportPage(makeReport([]))).not.toContain("By namespace");
});

test("beyond a hundred namespaces the rest is counted together", () => {
  const settled = Array.from({ length: 300 }, (_, index) => {
    const chunk = { id: `c${index}`, namespace: `n${index % 150}`, updatedAtMs: 1, payloadDigest: null, vector: null };
    return {
      pair: { id: chunk.id, source: chunk, destination: null },
      kind: index < 250 ? ("missing" as const) : null,
    };
  });
  const { namespaces, counts } = tally(settled, false);
  expect(namespaces).toHaveLength(101);
  expect(namespaces.at(-1)?.namespace).toBe("(other)");
  expect(namespaces.reduce((sum, own) => sum + own.counts.missing, 0)).toBe(counts.missing);
  expect(namespaces.reduce((sum, own) => sum + own.counts.lagging, 0)).toBe(50);
});
