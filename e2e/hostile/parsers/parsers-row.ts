// Z2: how the work of each parser of foreign text grows with its length, up to the longest that is read, and how long the
// longest holds the loop. CPU time of this thread, so that whatever else the machine does counts as little as it can.
import { parsers as operatorParsers } from "@retriever/operator/test/hostile/parsers.ts";
import { parsers as sidecarParsers } from "@retriever/sidecar/test/hostile/parsers.ts";
import { parsers as storeParsers } from "@retriever/stores/test/hostile/parsers.ts";
import type { ForeignParser } from "@retriever/stores/test/hostile/shapes.ts";
import { amount, least, most, type Part } from "#bench/report/rows.ts";
import { median } from "#bench/report/statistics.ts";
import type { HostileContext, HostileRow } from "../rows/hostile-row.ts";

export const parsersRow: HostileRow = { id: "Z2", title: "text that is made to take a parser long", run: runParsers };

/**
 * What takes less at its bound holds nobody up, and its slope is mostly that of the caches: a million keys take more than
 * ten times as long as a hundred thousand, on any machine.
 */
const leastCallMs = 20;
const tickMs = 4;
const mostSlope = 1.2;
const mostStallMs = 50;
const turns = 6;
type Depth = {
  /** Lengths, as so many times shorter than the longest. */
  readonly shares: readonly number[];
  /** Of each length; the median counts. */
  readonly takes: number;
};
const depths: Readonly<Record<"whole" | "slice", Depth>> = {
  whole: { shares: [16, 8, 4, 2, 1], takes: 5 },
  slice: { shares: [8, 1], takes: 1 },
};
const mostTold = 5;

type Measured = { readonly name: string; readonly slope: number; readonly stallMs: number };
/** By length: of the parser, and of the language's own on the same texts, where that was measured beside it. */
type Taken = { readonly points: readonly Point[]; readonly ownPoints: readonly Point[] };

async function runParsers({ isQuick, say }: HostileContext): Promise<readonly Part[]> {
  const all = [...operatorParsers, ...sidecarParsers, ...storeParsers];
  const measured = await measureAll(all, isQuick ? depths.slice : depths.whole);
  const bySlope = measured.toSorted((a, b) => b.slope - a.slope);
  const byStall = measured.toSorted((a, b) => b.stallMs - a.stallMs);
  for (const { name, slope } of bySlope.slice(0, mostTold)) say(`slope ${slope.toFixed(2)}: ${name}`);
  for (const { name, stallMs } of byStall.slice(0, mostTold)) say(`${stallMs.toFixed(1)} ms: ${name}`);
  return [
    amount("steepest slope of log CPU over log size", bySlope[0]?.slope ?? Number.NaN, most(mostSlope), {
      n: all.length,
    }),
    amount("longest stall, ms", byStall[0]?.stallMs ?? Number.NaN, most(mostStallMs), { n: all.length }),
    amount("parsers and shapes", all.length, least(80)),
  ];
}

/**
 * What meets the goals needs no second measure. The others are measured again once all have been, in turns, so that whatever
 * held the machine has its time to end; of several the least counts, since what else runs only adds to a figure. Beside them
 * then the language's own parser is measured on the same texts: what it takes more than in proportion is the machine's.
 */
async function measureAll(parsers: readonly ForeignParser[], depth: Depth): Promise<readonly Measured[]> {
  const found = new Map<ForeignParser, Taken & { readonly judged: Measured }>();
  const take = async (parser: ForeignParser, taken: Taken): Promise<void> => {
    found.set(parser, { ...taken, judged: judge(parser, taken) });
    // The signals of whoever stops it are heard in between.
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (const parser of parsers) await take(parser, { points: timesOf(parser, depth), ownPoints: [] });
  for (let turn = 0; turn < turns; turn += 1)
    for (const [parser, { points, ownPoints, judged }] of found) {
      if (isGood(judged)) continue;
      const own = { ...parser, parse: (text: string): unknown => JSON.parse(text) };
      await take(parser, {
        points: leastOf(timesOf(parser, depths.whole), points),
        ownPoints: leastOf(timesOf(own, depths.whole), ownPoints),
      });
    }
  return [...found.values()].map(({ judged }) => judged);
}

/** By length; a length that was measured but once counts as it was. */
function leastOf(points: readonly Point[], before: readonly Point[]): readonly Point[] {
  return points.map(({ size, ms }) => ({
    size,
    ms: Math.min(ms, before.find((point) => point.size === size)?.ms ?? ms),
  }));
}

/** CPU time of a call by the length of its text. */
type Point = { readonly size: number; readonly ms: number };

function timesOf({ parse, make, bound }: ForeignParser, { shares, takes }: Depth): readonly Point[] {
  return shares.map((share) => {
    const size = Math.floor(bound / share);
    // The first is how long it takes before the engine knows the code.
    const took = Array.from({ length: takes + 1 }, (_, turn) => cpuMs(parse, make(size, turn)));
    return { size, ms: median(took.slice(1)) };
  });
}

function judge({ name, servesNobody = false }: ForeignParser, { points, ownPoints }: Taken): Measured {
  const longestMs = points.at(-1)?.ms ?? Number.NaN;
  const isBeside = (ownPoints.at(-1)?.ms ?? 0) >= leastCallMs;
  const machines = isBeside ? Math.max(0, slopeOf(ownPoints) - 1) : 0;
  return {
    name,
    slope: longestMs < leastCallMs ? 0 : slopeOf(points) - machines,
    stallMs: servesNobody ? 0 : longestMs,
  };
}

function isGood({ slope, stallMs }: Measured): boolean {
  return slope <= mostSlope && stallMs <= mostStallMs;
}

/**
 * Of one call, ms; never 0, which has no logarithm. The clock of CPU time may tick as slowly as the scheduler, so that a
 * short call is told by the time that passed.
 */
function cpuMs(parse: ForeignParser["parse"], text: string): number {
  const before = process.threadCpuUsage();
  const startedAt = performance.now();
  call(parse, text);
  const passedMs = performance.now() - startedAt;
  const { user, system } = process.threadCpuUsage(before);
  return Math.max(0.001, Math.min(passedMs, (user + system) / 1000 + tickMs));
}

function call(parse: ForeignParser["parse"], text: string): void {
  try {
    parse(text);
  } catch {
    // A refusal is an answer.
  }
}

/** Of the line through the points on logarithmic scales, by least squares. */
function slopeOf(points: readonly Point[]): number {
  const logs = points.map(({ size, ms }) => ({ size: Math.log(size), ms: Math.log(ms) }));
  const mean = (of: "size" | "ms") => logs.reduce((sum, log) => sum + log[of], 0) / logs.length;
  const [size, ms] = [mean("size"), mean("ms")];
  const over = logs.reduce((sum, log) => sum + (log.size - size) * (log.ms - ms), 0);
  return over / logs.reduce((sum, log) => sum + (log.size - size) ** 2, 0);
}
