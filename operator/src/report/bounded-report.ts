// The report as the files of one ConfigMap, which an API server takes up to 1 MiB: half of it leaves room for what others add.
import type { Stretch, TimelineData } from "#page/timeline-data.ts";
import type { Report } from "./report.ts";
import { renderReportPage } from "./report-html.ts";
import { renderReportMarkdown } from "./report-markdown.ts";
import { timelineDescription } from "./report-timeline.ts";

export const maxReportBytes = 512 * 1024;
/** Rows of each list that are told, fewer and fewer until everything fits; the newest stay. */
const lengths = [400, 200, 100, 50, 20, 5, 0] as const;

type ReportFiles = {
  readonly "report.html": string;
  readonly "report.md": string;
  readonly "report.json": string;
};

/** All three files together within the bound; a form for which there is no room is empty, the page first. */
export function boundedReport(report: Report): ReportFiles {
  for (const most of lengths) {
    const files = filesOf(shortened(report, most));
    if (sizeOf(files) <= maxReportBytes) return files;
  }
  const least = { ...filesOf(shortened(report, 0)), "report.html": "" };
  if (sizeOf(least) <= maxReportBytes) return least;
  const data = { ...least, "report.md": "" };
  return sizeOf(data) <= maxReportBytes ? data : { ...data, "report.json": "" };
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
  const { story, storyLeftOut, timeline } = report;
  const kept = newest(story, most);
  return {
    ...report,
    story: kept,
    storyLeftOut: storyLeftOut + story.length - kept.length,
    acts: newest(report.acts, most),
    changes: newest(report.changes, most),
    stages: newest(report.stages, most),
    comparisons: newest(report.comparisons, most),
    timeline: shortenedTimeline(timeline, most),
  };
}

function shortenedTimeline(timeline: TimelineData, most: number): TimelineData {
  const stretches = joined(timeline.stretches, most);
  return {
    ...timeline,
    ...(stretches === timeline.stretches ? {} : { description: timelineDescription(stretches) }),
    stretches,
    serves: newest(timeline.serves, most),
    curves: timeline.curves.map((curve) => ({ ...curve, points: newest(curve.points, most) })),
    marks: newest(timeline.marks, most),
    bands: newest(timeline.bands, most),
  };
}

/** What is left out becomes one stretch, so that the axis still begins where the timeline does. */
function joined(stretches: readonly Stretch[], most: number): readonly Stretch[] {
  const [first, last] = [stretches[0], stretches.at(most === 0 ? -1 : -most - 1)];
  if (stretches.length <= most + 1 || first === undefined || last === undefined) return stretches;
  return [{ phase: last.phase, label: "earlier", from: first.from, to: last.to }, ...newest(stretches, most)];
}

function newest<T>(list: readonly T[], most: number): readonly T[] {
  return list.slice(Math.max(0, list.length - most));
}
