// The timeline's axis: time runs at another speed in each phase and after each event, so that a fault of minutes and a
// guard of a day can both be read. In between it runs evenly.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { type ScaleLinear, scaleLinear } from "d3-scale";
import type { Rehearsal } from "#rehearse/rehearsal.ts";
import { phaseWord } from "#rehearse/render-text.ts";
import { decisionsOf } from "#rehearse/summary.ts";

export type Segment = {
  readonly phase: Phase;
  readonly label: string;
  readonly from: number;
  readonly to: number;
};

export type TimeAxis = {
  readonly segments: readonly Segment[];
  readonly x: ScaleLinear<number, number>;
  readonly ticks: readonly { readonly seconds: number; readonly label: string }[];
};

/** Stretches of one phase and rate, in their order; the last one goes on for a while beyond the last decision. */
function segmentsOf(rehearsal: Rehearsal): readonly Segment[] {
  const moves = decisionsOf(rehearsal).filter(({ moved }) => moved);
  const tail = Math.max(60, rehearsal.seconds * 0.01);
  const end = Math.max(rehearsal.seconds, moves.at(-1)?.seconds ?? 0) + tail;
  const segments: Segment[] = [];
  for (const [index, move] of moves.entries()) {
    const from = index === 0 ? 0 : move.seconds;
    const to = moves[index + 1]?.seconds ?? end;
    const label = phaseWord(move);
    const last = segments.at(-1);
    if (last?.label === label) segments[segments.length - 1] = { ...last, to };
    else if (to > from) segments.push({ phase: move.phase, label, from, to });
  }
  return segments.length > 0
    ? segments
    : [{ phase: rehearsal.status.phase, label: rehearsal.status.phase, from: 0, to: end }];
}

/** Narrowest stretch in pixels; the last phase has room for its name. */
const narrowest = 11;
const lastPhase = 86;
const tickGap = 64;
const tickSteps = [5, 15, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

type Piece = { readonly from: number; readonly to: number; readonly least: number };

/** Pixels grow with the square root of a piece's time. */
export function makeTimeAxis(rehearsal: Rehearsal, [left, right]: readonly [number, number]): TimeAxis {
  const segments = segmentsOf(rehearsal);
  const pieces = piecesOf(segments, rehearsal);
  const weights = pieces.map(({ from, to }) => Math.sqrt(to - from));
  const spare = right - left - pieces.reduce((sum, { least }) => sum + least, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const stops = [left];
  for (const [index, weight] of weights.entries()) {
    stops.push((stops.at(-1) ?? left) + (pieces[index]?.least ?? 0) + (spare * weight) / total);
  }
  const x = scaleLinear()
    .domain([pieces[0]?.from ?? 0, ...pieces.map(({ to }) => to)])
    .range(stops)
    .clamp(true);
  return { segments, x, ticks: pieces.flatMap((piece) => ticksOf(piece, x)) };
}

/** Phases, cut where the scenario did something; cuts closer than a minute are one. */
function piecesOf(segments: readonly Segment[], { entries }: Rehearsal): readonly Piece[] {
  const events = entries.filter(({ kind }) => kind === "event").map(({ seconds }) => seconds);
  return segments.flatMap(({ from, to }, index) => {
    const cuts = [from];
    for (const at of events) if (at - (cuts.at(-1) ?? from) >= 60 && to - at >= 60) cuts.push(at);
    const isLast = index === segments.length - 1;
    return cuts.map((cut, place) => ({
      from: cut,
      to: cuts[place + 1] ?? to,
      least: isLast && place === cuts.length - 1 ? lastPhase : narrowest,
    }));
  });
}

function ticksOf({ from, to }: Piece, x: ScaleLinear<number, number>): { seconds: number; label: string }[] {
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
