// The timeline: phases as bands, who serves, rates and gates over one axis, marks across. One SVG, no script.
import { element, group, type Markup } from "./markup.ts";
import { makeTimeAxis } from "./time-axis.ts";
import type { Stretch, TimelineData } from "./timeline-data.ts";
import { placeMarks } from "./timeline-marks.ts";
import { type Frame, nameHeight, rowOf } from "./timeline-rows.ts";

/** Sizes in pixels at full size: on a desk names stand beside the rows, on a phone above them. */
const shapes = {
  wide: { width: 1240, left: 148, right: 1184, names: "beside", mostPoints: 1500 },
  narrow: { width: 400, left: 10, right: 350, names: "above", mostPoints: 300 },
} as const;
const phaseHeight = 30;
const servesHeight = 18;
const axisHeight = 26;

/** The whole drawing, with a title and a description for those who don't see it. */
export function renderTimeline(data: TimelineData, shape: keyof typeof shapes): Markup {
  const { width, left, right, names, mostPoints } = shapes[shape];
  const { stretches, clock } = data;
  const cuts = data.marks.filter(({ kind }) => kind === "event").map(({ seconds }) => seconds);
  const axis = makeTimeAxis(stretches, cuts, [left, right]);
  const frame: Frame = { axis, left, right, names, mostPoints };
  const marks = placeMarks(data, frame);
  const above = names === "above" ? nameHeight - 5 : 0;
  const phasesTop = marks.height + above;
  const servesTop = phasesTop + phaseHeight + 3 + above;
  const rowsTop = servesTop + servesHeight + 4;
  let top = rowsTop + 4;
  const drawn = data.curves.map((curve) => {
    const row = rowOf(curve, frame);
    const markup = row.draw(top);
    top += row.height;
    return markup;
  });
  const bottom = top + 4;
  const id = `${data.id}-${shape}`;
  return element(
    "svg",
    {
      class: shape,
      viewBox: `0 0 ${width} ${bottom + axisHeight}`,
      role: "img",
      "aria-labelledby": `${id}-title ${id}-desc`,
    },
    element("title", { id: `${id}-title` }, data.title),
    element("desc", { id: `${id}-desc` }, data.description),
    ...stretches.map((stretch) => shade(stretch, frame, { top: rowsTop, bottom })),
    ...axis.ticks.map(({ seconds, label }) => {
      const x = axis.x(seconds);
      return group(
        element("line", { class: "tick", x1: x, x2: x, y1: phasesTop + phaseHeight, y2: bottom }),
        element("text", { class: "tick-word", x, y: bottom + 17 }, label),
      );
    }),
    ...drawn,
    marks.draw(0, bottom),
    bandName("phase", frame, phasesTop + 20),
    ...stretches.map((stretch) => phaseBand(stretch, frame, phasesTop)),
    bandName("users served by", frame, servesTop + 13),
    ...servesBands(data, frame, servesTop),
    names === "above" ? undefined : element("text", { class: "tick-word end", x: left - 12, y: bottom + 17 }, clock),
  );
}

function bandName(name: string, { left, names }: Frame, y: number): Markup {
  return names === "above"
    ? element("text", { class: "above", x: left, y: y - (name === "phase" ? 25 : 17) }, name)
    : element("text", { class: "name", x: left - 12, y }, name);
}

function phaseBand({ phase, label, from, to }: Stretch, { axis }: Frame, y: number): Markup {
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
  { phase, from, to }: Stretch,
  { axis }: Frame,
  { top, bottom }: { top: number; bottom: number },
): Markup {
  const x = axis.x(from);
  return element("rect", { class: `shade p-${phase}`, x, y: top, width: axis.x(to) - x, height: bottom - top });
}

function servesBands({ serves }: TimelineData, { axis, left, right }: Frame, y: number): Markup[] {
  const changes = serves.filter(({ primary }, index) => index === 0 || serves[index - 1]?.primary !== primary);
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
