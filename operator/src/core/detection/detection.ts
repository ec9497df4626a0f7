// The state of all detectors, brought up to date with the bins that nobody has judged yet. The same state and the same
// bins give the same state again, however often the operator looks in between.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { DetectionState, HarmLine, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { binSeconds, type Counters, keptSeconds, type SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import { keptCount } from "../model/kept-count.ts";
import { instantMs } from "../model/status-readings.ts";
import { type ClockTiming, startClock, tickClock, timingOf } from "./cause-clock.ts";
import { advance, advanceLate, logEvidence } from "./detector.ts";
import { addGroups, endPart, isShared } from "./fleet-parts.ts";
import { type CounterLine, type LineCount, type LineRule, trafficLines } from "./lines.ts";
import type { Bin, BinPart } from "./new-bins.ts";
import { foldSevereRun, rememberedMs } from "./severe-run.ts";
import { mostTelling, type SliceLine, sliceLinesOf } from "./slice-lines.ts";
import {
  foldSlices,
  isSameSlice,
  type SliceCounts,
  type Slices,
  sharedLines,
  sliceCounts,
  standingSlices,
  withoutSlices,
} from "./slices.ts";

/** Chance that any line ever stands against a destination within its limits, on either side of the cutover. */
const harmAlpha = 0.01;

type DetectionInput = {
  readonly plan: MigrationSpec;
  readonly epoch: number;
  readonly baseline: Baseline | undefined;
  readonly pastCutover: boolean;
  readonly differenceIsHarmless: boolean;
  readonly sourceFails?: boolean | undefined;
  readonly bins: readonly Bin[];
};

/** ln of what a line's evidence has to reach: the bins of the whole time that is judged, over alpha, over its weight. */
export function logThreshold(plan: MigrationSpec, pastCutover: boolean, weight: number): number {
  return thresholdOf(judgedBins(plan, pastCutover), weight);
}

function thresholdOf(bins: number, weight: number): number {
  return Math.log(bins / harmAlpha / weight);
}

/** A ramp of the shortest stages is judged for as long, since it may wait for days for its Promote. Seconds. */
const leastRampSeconds = 259_200;

function judgedBins(plan: MigrationSpec, pastCutover: boolean): number {
  const stages = plan.stages.reduce((sum, { deadline }) => sum + durationSeconds(deadline), 0);
  const seconds = pastCutover ? durationSeconds(plan.guard.deadline) : Math.max(leastRampSeconds, stages);
  return Math.max(1, seconds / binSeconds);
}

/** The state after the bins; the same object when there was none. A new epoch begins without evidence. */
export function foldDetection(previous: DetectionState | undefined, input: DetectionInput): DetectionState | undefined {
  return foldEach(previous, input).at(-1) ?? previous;
}

/** The same after each of the bins. */
export function foldEach(previous: DetectionState | undefined, input: DetectionInput): readonly DetectionState[] {
  const [first] = input.bins;
  if (first === undefined) return [];
  const rules: Rules = {
    traffic: trafficLines(input),
    slices: sliceLinesOf(input),
    timing: timingOf(input.plan.rollback),
    judgedBins: judgedBins(input.plan, input.pastCutover),
    rememberedMs: rememberedMs(input.plan),
  };
  let state = previous?.epoch === input.epoch ? previous : beginDetection(previous, input, first);
  return input.bins.map((bin) => {
    state = foldBin(state, bin, { input, rules });
    return state;
  });
}

/** Who is busy is known from the epoch before; on the other side of the cutover it is asked anew. */
function beginDetection(previous: DetectionState | undefined, { epoch }: DetectionInput, first: Bin): DetectionState {
  const { slices = [], slicesChosenIn, nextSlices } = previous ?? {};
  const until = new Date(first.at * 1000).toISOString();
  return {
    epoch,
    from: until,
    until,
    lines: [],
    slices,
    ...(slicesChosenIn === undefined ? {} : { slicesChosenIn }),
    ...(nextSlices === undefined ? {} : { nextSlices }),
  };
}

/** What is the same for every bin. */
type Rules = {
  readonly traffic: readonly CounterLine[];
  readonly slices: readonly SliceLine[];
  readonly timing: ClockTiming;
  readonly judgedBins: number;
  readonly rememberedMs: number;
};
type Ruled = { readonly input: DetectionInput; readonly rules: Rules };

function foldBin(before: DetectionState, bin: Bin, { input, rules }: Ruled): DetectionState {
  const startMs = bin.at * 1000;
  const untilMs = instantMs(before.until) ?? startMs;
  const gathered = (startMs - (instantMs(before.from) ?? startMs)) / 1000;
  const slices = foldSlices(before, bin, { part: partOf(input), ageSeconds: gathered });
  const state = withSlices(before, slices);
  const folding: Folding = {
    startMs,
    isLate: startMs + binSeconds * 1000 <= untilMs,
    isGap: startMs - untilMs > keptSeconds * 1000,
    isForgotten: startMs - untilMs > rules.rememberedMs,
    pods: bin.failing,
    timing: rules.timing,
    judgedBins: rules.judgedBins,
  };
  const known = byName(state.lines);
  const counts = sliceCounts(slices, bin);
  const standing = standingSlices(state, bin, counts);
  const parts = [...(bin.parts ?? [])].map(([group, part]) => ({ group, part, counts: sliceCounts(slices, part) }));
  const totalOf = ({ line }: LineRule, { counters }: BinPart, bySlice: SliceCounts): Counters =>
    sharedLines.includes(line) ? withoutSlices(counters, standing, bySlice) : counters;
  const numbers = new Set([...counts.keys(), ...state.lines.flatMap(({ slice }) => slice ?? [])]);
  const lines = [
    ...rules.traffic.map((rule) => {
      const whole = totalOf(rule, bin, counts);
      const byGroup = () =>
        new Map(parts.map((one) => [one.group, rule.count(totalOf(rule, one.part, one.counts), whole)]));
      const counted = { rule, slice: null, count: rule.count(whole), byGroup };
      return foldLine(known.get(rule.line)?.get(null), counted, folding);
    }),
    ...rules.slices.flatMap((rule) =>
      [...numbers].flatMap((slice) => {
        const countOf = (bySlice: SliceCounts, whole?: SliceCounters): LineCount => {
          const counters = bySlice.get(slice);
          return counters === undefined ? { bad: 0, n: 0 } : rule.count(counters, whole);
        };
        const line = known.get(rule.line)?.get(slice);
        const count = countOf(counts);
        // Nothing bad begins no evidence, so that it wouldn't be kept: most lines of most slices.
        if (line === undefined && count.bad <= 0) return [];
        const byGroup = () => new Map(parts.map((one) => [one.group, countOf(one.counts, counts.get(slice))]));
        return foldLine(line, { rule, slice, count, byGroup }, folding);
      }),
    ),
  ];
  const until = new Date(Math.max(untilMs, startMs + binSeconds * 1000)).toISOString();
  return { ...state, until, lines: mostTelling(lines.filter(isKept), state.nextSlices?.length ?? 0) };
}

/** What is known of a number that stands for other requests now is gone. */
function withSlices(state: DetectionState, slices: Slices): DetectionState {
  const { slicesChosenIn: _chosen, nextSlices: _next, ...rest } = state;
  const lines = state.lines.filter(({ slice }) => slice === null || isSameSlice(state, slices, slice));
  return { ...rest, ...slices, lines };
}

type Folding = {
  readonly startMs: number;
  /** Of a time that was judged already: what some pods counted then came later. */
  readonly isLate: boolean;
  /** Longer ago than sidecars remember: what was between was not observed, or there was nothing. */
  readonly isGap: boolean;
  /** So long ago that failed requests are no part of the same failure. */
  readonly isForgotten: boolean;
  readonly pods: readonly string[];
  readonly timing: ClockTiming;
  readonly judgedBins: number;
};

type LineBin = {
  readonly rule: LineRule;
  readonly slice: number | null;
  readonly count: LineCount;
  /** The same by groups of the fleet; asked for where something stands. */
  readonly byGroup: () => ReadonlyMap<number, LineCount>;
};

function foldLine(before: HarmLine | undefined, bin: LineBin, folding: Folding): HarmLine {
  const { rule, slice, count } = bin;
  if (rule.limit >= 1) return disarmed(rule, slice);
  const known = before ?? disarmed(rule, slice);
  const add = folding.isLate ? advanceLate : advance;
  const logs = count.n > 0 ? add(known.logs, rule.ratios(count)) : known.logs;
  const threshold = thresholdOf(folding.judgedBins, rule.weight);
  const log = logEvidence(logs);
  const counted: HarmLine = {
    ...known,
    limit: keptCount(rule.limit),
    bad: keptCount(known.bad + count.bad),
    n: keptCount(known.n + count.n),
    evidence: Math.round(Math.min(1, Math.max(0, log / threshold)) * 1e4) / 1e4,
    logs,
  };
  return foldLasting(counted, bin, { ...folding, log, stands: log >= threshold });
}

const noEvidence = { evidence: 0, logs: [] };

/** `log` of the line's evidence. */
type Lasting = Folding & { readonly log: number; readonly stands: boolean };

/** A line with its clock or its run after the bin; the same object where it has neither, as most lines of most bins. */
function foldLasting(line: HarmLine, bin: LineBin, lasting: Lasting): HarmLine {
  const { clock, run, groups } = line;
  const isSevere = line.line === "severe";
  const isBegun = isSevere ? bin.count.bad > 0 : lasting.stands;
  if (!isBegun && clock === undefined && run === undefined && groups === undefined) return line;
  return isSevere ? foldSevere(line, bin, lasting) : foldCause(line, bin, lasting);
}

/** A line with the run of failures after the bin; evidence of a run that ended is gone. */
function foldSevere(line: HarmLine, bin: LineBin, { isForgotten, pods, startMs }: Folding): HarmLine {
  const { rule, count, byGroup } = bin;
  const { run: before, groups, ...rest } = line;
  const running = isForgotten ? undefined : before;
  const run = foldSevereRun(running, { count, pods, startMs }, rule);
  if (run !== undefined) return { ...rest, run, ...grouped(running === undefined ? undefined : groups, byGroup()) };
  return before === undefined ? rest : { ...rest, ...noEvidence };
}

/** A line with its clock after the bin; evidence that was refuted is gone. */
function foldCause(line: HarmLine, bin: LineBin, { startMs, isGap, timing, log, stands }: Lasting): HarmLine {
  const { rule, count, byGroup } = bin;
  const { clock: before, groups, ...rest } = line;
  const { logs, bad, n } = line;
  const tick = { rule, count, logs, seen: { bad, n }, stands, endMs: startMs + binSeconds * 1000 };
  if (before === undefined || isGap) return stands ? { ...rest, clock: startClock(tick) } : rest;
  const own = byGroup();
  const counted = addGroups(groups, own.size === 0 ? new Map([[0, count]]) : own, rule.contrast.sides);
  const shared = isShared(counted);
  const clock = tickClock(before, { ...tick, isShared: shared === true }, timing);
  if (clock === undefined) return { ...rest, ...noEvidence };
  if (log <= 0) return rest;
  if (clock.since !== before.since) return { ...rest, clock };
  const isOpen = clock.partFrom === before.partFrom || shared === undefined;
  return { ...rest, clock, groups: isOpen ? counted : endPart(counted) };
}

/** Nothing where nobody told groups apart. */
function grouped(before: HarmLine["groups"], counts: ReadonlyMap<number, LineCount>): Pick<HarmLine, "groups"> {
  return before === undefined && counts.size === 0 ? {} : { groups: addGroups(before, counts) };
}

/** Nothing is over such a limit: what was gathered before it was raised is gone. */
function disarmed({ line, limit }: LineRule, slice: number | null): HarmLine {
  return { line, slice, limit: keptCount(limit), bad: 0, n: 0, evidence: 0, logs: [] };
}

/** A slice without any evidence is begun anew with its next bad sample: a healthy one costs no room. */
function isKept({ slice, logs, clock }: HarmLine): boolean {
  return slice === null || clock !== undefined || logEvidence(logs) > 0;
}

type LinesByName = ReadonlyMap<HarmLineName, ReadonlyMap<number | null, HarmLine>>;

function byName(lines: readonly HarmLine[]): LinesByName {
  const named = new Map<HarmLineName, Map<number | null, HarmLine>>();
  for (const line of lines) {
    const ofName = named.get(line.line) ?? new Map<number | null, HarmLine>();
    named.set(line.line, ofName.set(line.slice, line));
  }
  return named;
}

function partOf({ pastCutover }: DetectionInput): string {
  return pastCutover ? "Guard" : "Ramp";
}
