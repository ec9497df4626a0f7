// The timeline: phases as bands, who serves, rates and gates over one axis, marks across. One SVG, no script.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Rehearsal } from "#rehearse/rehearsal.ts";
import { summarise } from "#rehearse/summary.ts";
import { element, group, type Markup } from "./markup.ts";
import { makeTimeAxis, type Segment } from "./time-axis.ts";
import { marksOf } from "./timeline-marks.ts";
import { type Frame, rowsOf } from "./timeline-rows.ts";

const width = 1240;
const left = 148;
const right = 1184;
const phaseHeight = 30;
const servesHeight = 18;
const axisHeight = 26;

/** The whole drawing, with a title and a description for those who don't see it. */
export function renderTimeline(plan: MigrationSpec, rehearsal: Rehearsal): Markup {
  const axis = makeTimeAxis(rehearsal, [left, right]);
  const frame: Frame = { axis, left, right };
  const marks = marksOf(rehearsal.entries, frame);
  const rows = rowsOf(plan, rehearsal.points, frame);
  const phasesTop = marks.height;
  const servesTop = phasesTop + phaseHeight + 3;
  let top = servesTop + servesHeight + 8;
  const drawn = rows.map((row) => {
    const markup = row.draw(top);
    top += row.height;
    return markup;
  });
  const bottom = top + 4;
  return element(
    "svg",
    { viewBox: `0 0 ${width} ${bottom + axisHeight}`, role: "img", "aria-labelledby": "timeline-title timeline-desc" },
    element("title", { id: "timeline-title" }, "Timeline of the rehearsal"),
    element("desc", { id: "timeline-desc" }, describe(rehearsal, axis.segments)),
    ...axis.segments.map((segment) => shade(segment, frame, { top: servesTop + servesHeight + 4, bottom })),
    ...axis.ticks.map(({ seconds, label }) =>
      group(
        element("line", {
          class: "tick",
          x1: axis.x(seconds),
          x2: axis.x(seconds),
          y1: phasesTop + phaseHeight,
          y2: bottom,
        }),
        element("text", { class: "tick-word", x: axis.x(seconds), y: bottom + 17 }, label),
      ),
    ),
    ...drawn,
    marks.draw(0, bottom),
    element("text", { class: "name", x: left - 12, y: phasesTop + 20 }, "phase"),
    ...axis.segments.map((segment) => phaseBand(segment, frame, phasesTop)),
    element("text", { class: "name", x: left - 12, y: servesTop + 13 }, "users served by"),
    ...servesBands(rehearsal, frame, servesTop),
    element("text", { class: "tick-word end", x: left - 12, y: bottom + 17 }, "virtual time"),
  );
}

function describe(rehearsal: Rehearsal, segments: readonly Segment[]): string {
  const path = segments.map(({ label }) => label).join(", then ");
  return `${path}. ${summarise(rehearsal)}. Every mark is a line of the table below.`;
}

function phaseBand({ phase, label, from, to }: Segment, { axis }: Frame, y: number): Markup {
  const x = axis.x(from);
  const room = axis.x(to) - x - 1.5;
  const word = fitted(label, room);
  return element(
    "g",
    { class: `phase p-${phase}` },
    element("title", {}, label),
    element("rect", { x, y, width: Math.max(1, room), height: phaseHeight, rx: 4 }),
    word === "" ? undefined : element("text", { x: x + room / 2, y: y + 20 }, word),
  );
}

/** The label, its first word, or nothing. */
function fitted(label: string, room: number): string {
  const perLetter = 7.1;
  const short = label === "AwaitingCutover" ? "await" : label.replace(/ .*$/, "");
  if (label.length * perLetter < room - 8) return label;
  return short.length * perLetter < room - 8 ? short : "";
}

/** A faint shade below the phase, so that curves can be told apart by it. */
function shade(
  { phase, from, to }: Segment,
  { axis }: Frame,
  { top, bottom }: { top: number; bottom: number },
): Markup {
  const x = axis.x(from);
  return element("rect", { class: `shade p-${phase}`, x, y: top, width: axis.x(to) - x, height: bottom - top });
}

function servesBands({ points }: Rehearsal, { axis, right }: Frame, y: number): Markup[] {
  const changes = points.filter((point, index) => index === 0 || points[index - 1]?.primary !== point.primary);
  return changes.map(({ primary, seconds }, index) => {
    const x = index === 0 ? left : axis.x(seconds);
    const end = index + 1 < changes.length ? axis.x(changes[index + 1]?.seconds ?? 0) : right;
    const room = end - x - 1.5;
    return element(
      "g",
      { class: `serves s-${primary}` },
      element("title", {}, `users are served by the ${primary}`),
      element("rect", { x, y, width: Math.max(1, room), height: servesHeight, rx: 4 }),
      room > 90 ? element("text", { x: x + room / 2, y: y + 13 }, primary) : undefined,
    );
  });
}
