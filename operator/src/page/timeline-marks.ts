// What stands across the timeline: faults as bands, events and decisions as numbered marks with their number in the table.
import { element, group, type Markup } from "./markup.ts";
import type { Mark, TimelineData } from "./timeline-data.ts";
import type { Frame } from "./timeline-rows.ts";

const markGap = 21;
const trackHeight = 21;

type Placed = { readonly mark: Mark; readonly x: number; readonly track: number };

type Marks = { readonly height: number; readonly draw: (top: number, bottom: number) => Markup };

/** Marks over the rows from `top` of their own tracks to `bottom` of the last row. */
export function placeMarks({ marks, bands }: TimelineData, frame: Frame): Marks {
  const placed = place(marks, frame);
  const tracks = Math.max(1, ...placed.map(({ track }) => track + 1));
  const height = tracks * trackHeight + 6;
  return {
    height,
    draw: (top, bottom) =>
      group(
        ...bands.map(({ from, to }) => {
          const x = frame.axis.x(from);
          const width = Math.max(2, frame.axis.x(to) - x);
          return element("rect", { class: "band", x, y: top + height, width, height: bottom - top - height });
        }),
        ...placed.map((mark) => drawMark(mark, top, { rows: top + height, bottom })),
      ),
  };
}

/** Each mark in the highest track in which it doesn't touch the one before. */
function place(marks: readonly Mark[], { axis }: Frame): readonly Placed[] {
  const ends: number[] = [];
  return marks.map((mark) => {
    const x = axis.x(mark.seconds);
    const free = ends.findIndex((end) => x - end >= markGap);
    const track = free === -1 ? ends.length : free;
    ends[track] = x;
    return { mark, x, track };
  });
}

function drawMark({ mark, x, track }: Placed, top: number, { rows, bottom }: { rows: number; bottom: number }): Markup {
  const y = top + track * trackHeight + trackHeight / 2;
  const { kind, number, words } = mark;
  return element(
    "g",
    { class: `mark ${kind}` },
    element("title", {}, `${number}. ${words}`),
    element("line", { x1: x, x2: x, y1: y + 9, y2: kind === "decision" ? rows : bottom }),
    kind === "decision"
      ? element("circle", { cx: x, cy: y, r: 9 })
      : element("rect", { x: x - 9, y: y - 9, width: 18, height: 18, rx: 3 }),
    element("text", { x, y: y + 3.7 }, String(number)),
  );
}
