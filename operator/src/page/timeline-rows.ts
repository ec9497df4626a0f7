// The timeline's curves, one row each.
import { type ScaleContinuousNumeric, scaleLinear, scaleSqrt } from "d3-scale";
import { area, curveStepAfter, line } from "d3-shape";
import { element, group, type Markup } from "./markup.ts";
import type { TimeAxis } from "./time-axis.ts";
import type { Curve, CurvePoint } from "./timeline-data.ts";
import { percentWord } from "./words.ts";

/** Where the rows lie. `names`: beside them, or above them where there is no room. */
export type Frame = {
  readonly axis: TimeAxis;
  readonly left: number;
  readonly right: number;
  readonly names: "beside" | "above";
  /** Points of a curve: more than pixels could show are thinned to the highest of their neighbours. */
  readonly mostPoints: number;
};
type RowMarkup = { readonly height: number; readonly draw: (top: number) => Markup };
type Y = ScaleContinuousNumeric<number, number>;

/** Height of a name above its row. */
export const nameHeight = 19;

/** A curve as a row. */
export function rowOf(curve: Curve, frame: Frame): RowMarkup {
  const { height, draw } = { rate: rateRow, share: shareRow, amount: amountRow }[curve.kind](curve, frame);
  const above = frame.names === "above" ? nameHeight : 0;
  return {
    height: height + above,
    draw: (top) => group(head(frame, top, curve), draw(top + above)),
  };
}

function rateRow({ points }: Curve, frame: Frame): RowMarkup {
  const height = 74;
  const values = points.map(({ value }) => value ?? 0);
  const most = Math.max(0.01, ...values);
  const rates = [...new Set(values)].filter((rate) => rate > 0);
  return {
    height,
    draw: (top) => {
      const y = scaleLinear()
        .domain([0, most])
        .range([top + height - 8, top + 8]);
      return group(
        ...rates.map((rate) => guide(frame, y(rate), percentWord(rate))),
        drawCurve(points, { frame, y, kind: "rate" }),
      );
    },
  };
}

function shareRow({ name, points }: Curve, frame: Frame): RowMarkup {
  const height = 62;
  const lastLimit = points.findLast(({ limit }) => limit !== undefined)?.limit;
  const values = points.map(({ value, limit = 0 }) => Math.max(value ?? 0, limit * 2.2));
  const most = Math.min(1, Math.max(0.002, ...values));
  return {
    height,
    draw: (top) => {
      // The square root leaves room for a limit of 5 % below a fault of 100 %.
      const y = scaleSqrt()
        .domain([0, most])
        .range([top + height - 6, top + 6]);
      return group(
        lastLimit === undefined ? undefined : drawLimit(points, { frame, y, name }, lastLimit),
        drawCurve(points, { frame, y, kind: "value" }),
      );
    },
  };
}

function drawLimit(
  points: readonly CurvePoint[],
  { frame, y, name }: { readonly frame: Frame; readonly y: Y; readonly name: string },
  last: number,
): Markup {
  const x = ({ seconds }: CurvePoint): number => frame.axis.x(seconds);
  const limited = points.filter(({ limit }) => limit !== undefined);
  const limitY = ({ limit = last }: CurvePoint): number => y(limit);
  const over = area<CurvePoint>()
    .digits(1)
    .x(x)
    .y0(limitY)
    .y1((point) => Math.min(y(point.value ?? 0), limitY(point)))
    .defined(({ value }) => value !== null);
  const limit = line<CurvePoint>().digits(1).x(x).y(limitY).curve(curveStepAfter);
  const isOver = limited.some((point) => (point.value ?? 0) > (point.limit ?? last));
  const id = `over-${name.replace(/ /g, "-")}-${frame.names}`;
  return group(
    isOver ? element("path", { class: "over", id, d: over(limited) ?? "" }) : undefined,
    element("path", { class: "limit", d: limit(turns(limited)) ?? "" }),
    element("text", { class: "limit-word", x: frame.right + 6, y: y(last) + 4 }, percentWord(last)),
  );
}

/** Where the limit is another one than before, and its last point: what lies between is drawn by them. */
function turns(points: readonly CurvePoint[]): CurvePoint[] {
  return points.filter(({ limit }, index) => index === points.length - 1 || limit !== points[index - 1]?.limit);
}

function amountRow({ points }: Curve, frame: Frame): RowMarkup {
  const height = 48;
  const most = Math.max(1, ...points.map(({ value }) => value ?? 0));
  return {
    height,
    draw: (top) => {
      const y = scaleLinear()
        .domain([0, most])
        .range([top + height - 4, top + 8]);
      return group(
        guide(frame, y(most), String(Number(most.toPrecision(3)))),
        drawCurve(points, { frame, y, kind: "traffic" }),
      );
    },
  };
}

type Drawing = { readonly frame: Frame; readonly y: Y; readonly kind: "rate" | "value" | "traffic" };

/** A line, with the area below it where there is no limit to compare with. */
function drawCurve(points: readonly CurvePoint[], { frame, y, kind }: Drawing): Markup {
  const thin = thinned(points, frame.mostPoints);
  const x = ({ seconds }: CurvePoint): number => frame.axis.x(seconds);
  const isSeen = ({ value }: CurvePoint): boolean => value !== null;
  const top = ({ value }: CurvePoint): number => y(value ?? 0);
  const stroke = line<CurvePoint>().digits(1).x(x).y(top).defined(isSeen);
  const filled = area<CurvePoint>().digits(1).x(x).y0(y(0)).y1(top).defined(isSeen);
  if (kind === "rate") {
    stroke.curve(curveStepAfter);
    filled.curve(curveStepAfter);
  }
  return group(
    kind === "value" ? undefined : element("path", { class: `area ${kind}`, d: filled(thin) ?? "" }),
    element("path", { class: `line ${kind}`, d: stroke(thin) ?? "" }),
  );
}

/** At most so many points: of each few neighbours the highest. */
export function thinned(points: readonly CurvePoint[], most: number): CurvePoint[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return [...points];
  const kept: CurvePoint[] = [];
  for (let start = 0; start < points.length; start += size) {
    const bin = points.slice(start, start + size);
    kept.push(bin.reduce((best, point) => ((point.value ?? -1) > (best.value ?? -1) ? point : best)));
  }
  return kept;
}

function head({ left, right, names }: Frame, top: number, { name, unit }: Curve): Markup {
  const row = element("line", { class: "row", x1: left, x2: right, y1: top, y2: top });
  if (names === "above")
    return group(row, element("text", { class: "above", x: left, y: top + 15 }, `${name}, ${unit}`));
  return group(
    row,
    element("text", { class: "name", x: left - 12, y: top + 24 }, name),
    element("text", { class: "unit", x: left - 12, y: top + 39 }, unit),
  );
}

function guide({ left, right }: Frame, y: number, word: string): Markup {
  return group(
    element("line", { class: "guide", x1: left, x2: right, y1: y, y2: y }),
    element("text", { class: "guide-word", x: right + 6, y: y + 4 }, word),
  );
}
