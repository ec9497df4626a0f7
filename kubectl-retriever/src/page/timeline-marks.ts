// What stands across the timeline: faults as bands, events and decisions as numbered marks with their number in the table.

import type { Entry } from "#rehearse/rehearsal.ts";
import { clockWord } from "#text/words.ts";
import { element, group, type Markup } from "./markup.ts";
import type { Frame } from "./timeline-rows.ts";

const markGap = 21;
const trackHeight = 21;

type Placed = { readonly entry: Entry; readonly number: number; readonly x: number; readonly track: number };

type Marks = { readonly height: number; readonly draw: (top: number, bottom: number) => Markup };

/** Decisions that are shown: transitions, and what somebody had to be told. */
export function isShown(entry: Entry): boolean {
  return entry.kind === "event" || entry.moved || entry.announcements.length > 0;
}

/** Marks over the rows from `top` of their own tracks to `bottom` of the last row. */
export function marksOf(entries: readonly Entry[], frame: Frame): Marks {
  const placed = place(entries, frame);
  const tracks = Math.max(1, ...placed.map(({ track }) => track + 1));
  const height = tracks * trackHeight + 6;
  return {
    height,
    draw: (top, bottom) =>
      group(
        ...bandsOf(entries, frame).map(({ from, to }) =>
          element("rect", {
            class: "band",
            x: from,
            y: top + height,
            width: Math.max(2, to - from),
            height: bottom - top - height,
          }),
        ),
        ...placed.map((mark) => drawMark(mark, top, { rows: top + height, bottom })),
      ),
  };
}

/** Each mark in the highest track in which it doesn't touch the one before. */
function place(entries: readonly Entry[], { axis }: Frame): readonly Placed[] {
  const ends: number[] = [];
  return entries.flatMap((entry, index) => {
    if (!isShown(entry)) return [];
    const x = axis.x(entry.seconds);
    const free = ends.findIndex((end) => x - end >= markGap);
    const track = free === -1 ? ends.length : free;
    ends[track] = x;
    return [{ entry, number: index + 1, x, track }];
  });
}

function drawMark(
  { entry, number, x, track }: Placed,
  top: number,
  { rows, bottom }: { rows: number; bottom: number },
): Markup {
  const y = top + track * trackHeight + trackHeight / 2;
  const kind = kindOf(entry);
  const what = entry.kind === "event" ? entry.what : `${entry.phase}, ${entry.reason}: ${entry.message}`;
  return element(
    "g",
    { class: `mark ${kind}` },
    element("title", {}, `${number}. ${clockWord(entry.seconds)} ${what}`),
    element("line", { x1: x, x2: x, y1: y + 9, y2: kind === "decision" ? rows : bottom }),
    kind === "decision"
      ? element("circle", { cx: x, cy: y, r: 9 })
      : element("rect", { x: x - 9, y: y - 9, width: 18, height: 18, rx: 3 }),
    element("text", { x, y: y + 3.7 }, String(number)),
  );
}

export function kindOf(entry: Entry): "event" | "decision" | "alarm" {
  if (entry.kind === "event") return "event";
  return entry.announcements.some(({ severity }) => severity === "page") ? "alarm" : "decision";
}

/** From each event that ends by itself to its end. */
function bandsOf(entries: readonly Entry[], { axis }: Frame): { from: number; to: number }[] {
  const events = entries.filter((entry) => entry.kind === "event");
  return events.flatMap((begin) => {
    const end = events.find((one) => one.ends && one.what === `${begin.what} (over)` && one.seconds >= begin.seconds);
    return begin.ends || end === undefined ? [] : [{ from: axis.x(begin.seconds), to: axis.x(end.seconds) }];
  });
}
