// The report as the files of one ConfigMap, which an API server takes up to 1 MiB: half of it leaves room for what others add.
import type { Report } from "./report.ts";
import { renderReportPage } from "./report-html.ts";
import { renderReportMarkdown } from "./report-markdown.ts";

export const maxReportBytes = 512 * 1024;
/** Decisions and changes that are told, fewer and fewer until everything fits; the newest stay. */
const lengths = [400, 200, 100, 50, 20, 5] as const;

type ReportFiles = {
  readonly "report.html": string;
  readonly "report.md": string;
  readonly "report.json": string;
};

/** All three files together within the bound. */
export function boundedReport(report: Report): ReportFiles {
  for (const most of lengths) {
    const files = filesOf(shortened(report, most));
    if (sizeOf(files) <= maxReportBytes) return files;
  }
  // Words alone are bounded by the status that they come from.
  return { ...filesOf(shortened(report, 0)), "report.html": "" };
}

function filesOf(report: Report): ReportFiles {
  return {
    "report.html": renderReportPage(report),
    "report.md": renderReportMarkdown(report),
    "report.json": `${JSON.stringify(report)}\n`,
  };
}

function sizeOf(files: ReportFiles): number {
  return Object.entries(files).reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
}

function shortened(report: Report, most: number): Report {
  const { story, acts, changes, timeline } = report;
  const kept = story.slice(-most || story.length);
  if (story.length <= most && acts.length <= most && changes.length <= most) return report;
  return {
    ...report,
    story: kept,
    storyLeftOut: story.length - kept.length,
    acts: acts.slice(-most),
    changes: changes.slice(-most),
    timeline: { ...timeline, marks: timeline.marks.slice(-most) },
  };
}
