// The timeline's axis: time runs at another speed in each phase and after each event, so that a fault of minutes and a
// guard of a day can both be read. In between it runs evenly.
import { type ScaleLinear, scaleLinear } from "d3-scale";
import type { Stretch } from "./timeline-data.ts";

export type TimeAxis = {
  readonly x: ScaleLinear<number, number>;
  readonly ticks: readonly { readonly seconds: number; readonly label: string }[];
};

/** Narrowest stretch in pixels; the last phase has room for its name. */
const narrowest = 11;
const lastPhase = 86;
/** Of the width, what the narrowest stretches may take together. */
const mostForNarrow = 0.6;
/** Pixels between ticks where there is room, and on a phone. */
const tickGaps = { wide: 64, narrow: 44 };
const tickSteps = [5, 15, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

type Piece = { readonly from: number; readonly to: number; readonly least: number };

/** Pixels grow with the square root of a piece's time; `cuts` are moments, in seconds, from which it runs anew. */
export function makeTimeAxis(
  stretches: readonly Stretch[],
  cuts: readonly number[],
  [left, right]: readonly [number, number],
): TimeAxis {
  const pieces = piecesOf(stretches, cuts);
  const weights = pieces.map(({ from, to }) => Math.sqrt(Math.max(0, to - from)));
  const asked = pieces.reduce((sum, { least }) => sum + least, 0);
  const shrunk = Math.min(1, ((right - left) * mostForNarrow) / Math.max(1, asked));
  const spare = right - left - asked * shrunk;
  const total = Math.max(
    1e-9,
    weights.reduce((sum, weight) => sum + weight, 0),
  );
  const stops = [left];
  for (const [index, weight] of weights.entries()) {
    stops.push((stops.at(-1) ?? left) + (pieces[index]?.least ?? 0) * shrunk + (spare * weight) / total);
  }
  const x = scaleLinear()
    .domain([pieces[0]?.from ?? 0, ...pieces.map(({ to }) => to)])
    .range(stops)
    .clamp(true);
  return {
    x,
    ticks: pieces.flatMap((piece) => ticksOf(piece, x, right - left < 600 ? tickGaps.narrow : tickGaps.wide)),
  };
}

/** Phases, cut where something happened; cuts closer than a minute are one. */
function piecesOf(stretches: readonly Stretch[], moments: readonly number[]): readonly Piece[] {
  return stretches.flatMap(({ from, to }, index) => {
    const cuts = [from];
    for (const at of moments) if (at - (cuts.at(-1) ?? from) >= 60 && to - at >= 60) cuts.push(at);
    const isLast = index === stretches.length - 1;
    return cuts.map((cut, place) => ({
      from: cut,
      to: cuts[place + 1] ?? to,
      least: isLast && place === cuts.length - 1 ? lastPhase : narrowest,
    }));
  });
}

function ticksOf(
  { from, to }: Piece,
  x: ScaleLinear<number, number>,
  tickGap: number,
): { seconds: number; label: string }[] {
  const perSecond = (x(to) - x(from)) / (to - from);
  const step = tickSteps.find((candidate) => candidate * perSecond >= tickGap);
  if (step === undefined) return [];
  const ticks: { seconds: number; label: string }[] = [];
  for (let at = Math.ceil(from / step) * step; at < to; at += step) {
    // A tick at the very edge would stand on its neighbour's.
    if ((to - at) * perSecond < tickGap / 3 || (at > 0 && (at - from) * perSecond < tickGap / 3)) continue;
    ticks.push({ seconds: at, label: tickWord(at) });
  }
  return ticks;
}

function tickWord(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (rest > 0) return `${hours}:${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
  return minutes === 0 ? `${hours} h` : `${hours}:${String(minutes).padStart(2, "0")}`;
}
