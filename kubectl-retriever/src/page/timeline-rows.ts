// The timeline's curves: the sample rate, each gate against its limit, errors of live answers, traffic.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { type ScaleContinuousNumeric, scaleLinear, scaleSqrt } from "d3-scale";
import { area, curveStepAfter, line } from "d3-shape";
import type { Point } from "#rehearse/rehearsal.ts";
import { percentWord } from "#text/words.ts";
import { element, group, type Markup } from "./markup.ts";
import type { TimeAxis } from "./time-axis.ts";

export type Frame = { readonly axis: TimeAxis; readonly left: number; readonly right: number };
type RowMarkup = { readonly height: number; readonly draw: (top: number) => Markup };

type Value = (point: Point) => number | null;
type Y = ScaleContinuousNumeric<number, number>;

/** Points of a curve: more than pixels could show are thinned to the highest of their neighbours. */
const mostPoints = 1500;

/** Every row that has something to show, from top to bottom. */
export function rowsOf(plan: MigrationSpec, points: readonly Point[], frame: Frame): readonly RowMarkup[] {
  const { scoreDelta, latencyDelta, shadowErrors, livePrimary } = plan.thresholds;
  const gates: readonly [string, string, Value, Value][] = [
    ["score", `worse by > ${scoreDelta.limit}`, ({ scoreDelta }) => scoreDelta, () => scoreDelta.maxBadShare],
    [
      "latency",
      `slower by ≥ ${latencyDelta.limitMs} ms`,
      ({ latencyDelta }) => latencyDelta,
      () => latencyDelta.maxBadShare,
    ],
    ["top result", "another chunk", ({ mismatch }) => mismatch, ({ mismatchLimit }) => mismatchLimit],
    ["shadow errors", "of all samples", ({ shadowErrors }) => shadowErrors, () => shadowErrors.maxBadShare],
  ];
  const live: Value = ({ liveErrors }) => liveErrors;
  const hasLiveErrors = points.some((point) => (live(point) ?? 0) > 0);
  return [
    rateRow(points, frame),
    ...gates.map(([name, unit, value, limit]) => gateRow({ name, unit, value, limit }, points, frame)),
    ...(hasLiveErrors
      ? [
          gateRow(
            { name: "live errors", unit: "of all requests", value: live, limit: () => livePrimary.maxErrorIncrease },
            points,
            frame,
          ),
        ]
      : []),
    trafficRow(points, frame),
  ];
}

function rateRow(points: readonly Point[], frame: Frame): RowMarkup {
  const height = 74;
  const most = Math.max(0.01, ...points.map(({ sampleRate }) => sampleRate));
  return {
    height,
    draw: (top) => {
      const y = scaleLinear()
        .domain([0, most])
        .range([top + height - 8, top + 8]);
      const rates = [...new Set(points.map(({ sampleRate }) => sampleRate))].filter((rate) => rate > 0);
      return group(
        head(frame, top, "sample rate", "shadow requests"),
        ...rates.map((rate) => guide(frame, y(rate), percentWord(rate), "guide")),
        curve(points, ({ sampleRate }) => sampleRate, { frame, y, kind: "rate" }),
      );
    },
  };
}

type Gate = { readonly name: string; readonly unit: string; readonly value: Value; readonly limit: Value };

function gateRow({ name, unit, value, limit }: Gate, points: readonly Point[], frame: Frame): RowMarkup {
  const height = 62;
  const limits = points.map((point) => limit(point) ?? 0);
  const lastLimit = limits.at(-1) ?? 0;
  const most = Math.min(
    1,
    Math.max(...limits.map((one) => one * 2.2), ...points.map((point) => value(point) ?? 0), 0.002),
  );
  return {
    height,
    draw: (top) => {
      // The square root leaves room for a limit of 5 % below a fault of 100 %.
      const y = scaleSqrt()
        .domain([0, most])
        .range([top + height - 6, top + 6]);
      const id = `over-${name.replace(/ /g, "-")}`;
      const over = area<Point>()
        .x(({ seconds }) => frame.axis.x(seconds))
        .y0((point) => y(limit(point) ?? 0))
        .y1((point) => Math.min(y(value(point) ?? 0), y(limit(point) ?? 0)))
        .defined((point) => value(point) !== null);
      const limitLine = line<Point>()
        .x(({ seconds }) => frame.axis.x(seconds))
        .y((point) => y(limit(point) ?? 0))
        .curve(curveStepAfter);
      return group(
        head(frame, top, name, unit),
        element("path", { class: "over", id, d: over([...points]) ?? "" }),
        element("path", { class: "limit", d: limitLine([...points]) ?? "" }),
        element("text", { class: "limit-word", x: frame.right + 6, y: y(lastLimit) + 4 }, percentWord(lastLimit)),
        curve(points, value, { frame, y, kind: "value" }),
      );
    },
  };
}

function trafficRow(points: readonly Point[], frame: Frame): RowMarkup {
  const height = 48;
  const most = Math.max(1, ...points.map(({ requestsPerSecond }) => requestsPerSecond));
  return {
    height,
    draw: (top) => {
      const y = scaleLinear()
        .domain([0, most])
        .range([top + height - 4, top + 8]);
      return group(
        head(frame, top, "traffic", "requests/s"),
        guide(frame, y(most), String(Number(most.toPrecision(3))), "guide"),
        curve(points, ({ requestsPerSecond }) => requestsPerSecond, { frame, y, kind: "traffic" }),
      );
    },
  };
}

type Drawing = { readonly frame: Frame; readonly y: Y; readonly kind: "rate" | "value" | "traffic" };

/** A line, with the area below it where there is no limit to compare with. */
function curve(points: readonly Point[], value: Value, { frame, y, kind }: Drawing): Markup {
  const thin = thinned(points, value);
  const x = ({ seconds }: Point): number => frame.axis.x(seconds);
  const isSeen = (point: Point): boolean => value(point) !== null;
  const top = (point: Point): number => y(value(point) ?? 0);
  const stroke = line<Point>().x(x).y(top).defined(isSeen);
  const filled = area<Point>().x(x).y0(y(0)).y1(top).defined(isSeen);
  if (kind === "rate") {
    stroke.curve(curveStepAfter);
    filled.curve(curveStepAfter);
  }
  return group(
    kind === "value" ? undefined : element("path", { class: `area ${kind}`, d: filled(thin) ?? "" }),
    element("path", { class: `line ${kind}`, d: stroke(thin) ?? "" }),
  );
}

function thinned(points: readonly Point[], value: Value): Point[] {
  const size = Math.ceil(points.length / mostPoints);
  if (size <= 1) return [...points];
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += size) {
    const bin = points.slice(start, start + size);
    const highest = bin.reduce((best, point) => ((value(point) ?? -1) > (value(best) ?? -1) ? point : best));
    kept.push(highest);
  }
  return kept;
}

function head({ left, right }: Frame, top: number, name: string, unit: string): Markup {
  return group(
    element("line", { class: "row", x1: left, x2: right, y1: top, y2: top }),
    element("text", { class: "name", x: left - 12, y: top + 24 }, name),
    element("text", { class: "unit", x: left - 12, y: top + 39 }, unit),
  );
}

function guide({ left, right }: Frame, y: number, word: string, kind: string): Markup {
  return group(
    element("line", { class: kind, x1: left, x2: right, y1: y, y2: y }),
    element("text", { class: "guide-word", x: right + 6, y: y + 4 }, word),
  );
}
