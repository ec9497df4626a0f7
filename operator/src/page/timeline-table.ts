// The timeline as a figure: drawn for a desk and for a phone, and as a table for whoever reads numbers.
import { dataTable } from "./data-table.ts";
import { element, type Markup } from "./markup.ts";
import { renderTimeline } from "./timeline.ts";
import type { Curve, Stretch, TimelineData } from "./timeline-data.ts";
import { digits, shareWord } from "./words.ts";

/** Both drawings, the caption, and the table behind a line that opens it. */
export function timelineFigure(data: TimelineData, caption: string): Markup {
  return element(
    "figure",
    {},
    renderTimeline(data, "wide"),
    renderTimeline(data, "narrow"),
    element("figcaption", {}, caption),
    element("details", {}, element("summary", {}, "The same as a table"), timelineTable(data)),
  );
}

/** For each stretch and curve the last value and, where it differs, the highest. */
function timelineTable({ title, stretches, curves }: TimelineData): Markup {
  const columns = ["phase", ...curves.map(({ name, unit }) => `${name} (${unit})`)].map((word) => ({ title: word }));
  const rows = stretches.map((stretch) => ({
    cells: [stretch.label, ...curves.map((curve) => cellOf(curve, stretch))],
  }));
  return dataTable({ caption: `${title}: last value of each phase`, columns, rows });
}

function cellOf({ kind, points }: Curve, { from, to }: Stretch): string {
  const within = points.filter(({ seconds }) => seconds >= from && seconds < to);
  const values = within.flatMap(({ value }) => (value === null ? [] : [value]));
  const last = values.at(-1);
  if (last === undefined) return "-";
  const word = (value: number) => (kind === "amount" ? digits(value) : shareWord(value));
  const most = values.reduce((highest, value) => Math.max(highest, value), last);
  const limit = within.findLast((point) => point.limit !== undefined)?.limit;
  const highest = word(most) === word(last) ? "" : `, at most ${word(most)}`;
  return `${word(last)}${highest}${limit === undefined ? "" : `; limit ${word(limit)}`}`;
}
