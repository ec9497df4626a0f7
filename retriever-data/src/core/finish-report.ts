// A report with its digest, cut to a size, and its short form for a Job's end.
import {
  digestOfReport,
  mostSummaryIds,
  type VerifyReport,
  type VerifySummary,
  verifySummarySchema,
} from "@retriever/sidecar/contract/verify-report.ts";

type Unsealed = Omit<VerifyReport, "digest">;

/** The report with the digest of its content. */
export function seal(report: Unsealed): VerifyReport {
  return { ...report, digest: digestOfReport(report) };
}

/** The report in at most `maxBytes` of JSON: with fewer differences, and then saying so. */
export function cutReport(report: VerifyReport, maxBytes: number): VerifyReport {
  let cut = report;
  for (let kept = report.differences.length; kept > 0; ) {
    const size = Buffer.byteLength(JSON.stringify(cut));
    if (size <= maxBytes) break;
    const perDifference = Math.max(1, size / Math.max(1, kept));
    kept = Math.max(0, Math.min(kept - 1, kept - Math.ceil((size - maxBytes) / perDifference)));
    const { digest: _digest, ...rest } = report;
    cut = seal({ ...rest, isListComplete: false, differences: report.differences.slice(0, kept) });
  }
  return cut;
}

/** What a Job's termination message holds, in bytes. */
export const mostSummaryBytes = 4096;
const mostReason = 500;

/** The short form as JSON of at most `mostSummaryBytes`: as many ids as fit. */
export function summaryText(report: VerifyReport): string {
  for (let kept = Math.min(mostSummaryIds, report.differences.length); ; kept -= 1) {
    const text = JSON.stringify(summaryOf(report, kept));
    if (Buffer.byteLength(text) <= mostSummaryBytes) return text;
    if (kept === 0) return JSON.stringify({ ...summaryOf(report, 0), reason: report.reason?.slice(0, 100) ?? null });
  }
}

function summaryOf(report: VerifyReport, kept: number): VerifySummary {
  const { outcome, startedAt, finishedAt, scope, source, destination, counts, newestDifferenceAt, digest } = report;
  return verifySummarySchema.parse({
    schema: 1,
    outcome,
    reason: report.reason?.slice(0, mostReason) ?? null,
    startedAt,
    finishedAt,
    scope,
    source: source.identity.digest,
    destination: destination.identity.digest,
    read: { source: source.read, destination: destination.read },
    counts,
    newestDifferenceAt,
    ids: report.differences.slice(0, kept).map(({ id }) => id),
    digest,
  });
}
