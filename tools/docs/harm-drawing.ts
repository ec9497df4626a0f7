// The picture of docs/harm.md: what the operator's own detection makes of a blip and of harm that lasts. Pure.
import { type MigrationSpec, migrationSpecSchema } from "../../crds/src/spec/migration-spec.ts";
import type { DetectionState, HarmLine } from "../../crds/src/status/harm-status.ts";
import { makeDraws, makeRandom } from "../../kubectl-retriever/src/toy/draws.ts";
import { foldDetection, logThreshold } from "../../operator/src/core/detection/detection.ts";
import { logEvidence } from "../../operator/src/core/detection/detector.ts";
import { trafficLines } from "../../operator/src/core/detection/lines.ts";
import type { Bin } from "../../operator/src/core/detection/new-bins.ts";
import { binSeconds, noCounters } from "../../retriever-sidecar/src/contract/evidence.ts";
import { area, bar, curve, drawing, label, type Point, rule, scale } from "./drawing.ts";

/** Every request is sampled: two requests a second. */
const samplesOfBin = 20;
const binsOfMinute = 60 / binSeconds;
/** Minutes: a blip of 40 s, and harm that stays. */
const [blipAt, harmAt] = [4, 14];
const blipMinutes = 2 / 3;
const shares = { healthy: 0.01, blip: 1, harm: 0.3 } as const;
const mostMinutes = 60;
const seed = 17;

type Frame = {
  /** End of the bin. */
  readonly minute: number;
  readonly bad: number;
  /** Of the line `score`, as a multiple of what acting takes. */
  readonly evidence: number;
  readonly line: HarmLine;
};

/** Bin for bin until the harm acts. */
export function playHarm(): readonly Frame[] {
  const plan = migrationSpecSchema.parse({ target: { name: "a" }, destination });
  const input = { plan, epoch: 1, baseline: undefined, pastCutover: true, differenceIsHarmless: false };
  const draws = makeDraws(makeRandom(seed));
  const frames: Frame[] = [];
  let state: DetectionState | undefined;
  for (let index = 0; index < mostMinutes * binsOfMinute; index += 1) {
    const bad = draws.binomial(samplesOfBin, shareAt(index / binsOfMinute));
    state = foldDetection(state, { ...input, bins: [binOf(index, bad)] });
    const line = state?.lines.find((one) => one.line === "score");
    if (line === undefined) break;
    const evidence = Math.max(0, logEvidence(line.logs)) / thresholdOf(plan);
    frames.push({ minute: (index + 1) / binsOfMinute, bad, evidence, line });
    if (line.clock?.verdict === "worse") break;
  }
  return frames;
}

const destination = { kind: "qdrant", url: "https://qdrant.example:6333", collection: "chunks" };

function thresholdOf(plan: MigrationSpec): number {
  const facts = { plan, baseline: undefined, pastCutover: true, differenceIsHarmless: false };
  return logThreshold(plan, true, trafficLines(facts).find(({ line }) => line === "score")?.weight ?? 1);
}

function shareAt(minute: number): number {
  if (minute >= harmAt) return shares.harm;
  return minute >= blipAt && minute < blipAt + blipMinutes ? shares.blip : shares.healthy;
}

function binOf(index: number, scoreWorse: number): Bin {
  const counters = { ...noCounters(), requests: samplesOfBin, answered: samplesOfBin, scoreWorse };
  return { at: index * binSeconds, counters, slices: new Map(), failing: [] };
}

const [left, right] = [76, 840];
const rows = { bad: [34, 80], evidence: [105, 270], clock: [292, 312], axis: 336 } as const;
const mostEvidence = 2.2;

export function drawHarm(): string {
  const frames = playHarm();
  const lastMinute = frames.at(-1)?.minute ?? 0;
  const x = scale([0, lastMinute + 1], [left, right]);
  const y = scale([0, mostEvidence], [rows.evidence[1], rows.evidence[0]]);
  const line = frames.map(({ minute, evidence }): Point => [x(minute), y(evidence)]);
  return drawing("Evidence of harm over time: a blip that is refuted, and harm that lasts and is acted on", 350, [
    label([left - 8, rows.bad[1]], "bad of 5", "end"),
    label([left - 8, rows.evidence[0] + 10], "evidence", "end"),
    ...frames.flatMap(({ minute, bad }) => drawBad(x(minute), bad)),
    area([[left, y(0)], ...line, [x(lastMinute), y(0)]], "bad"),
    curve(line, "bad"),
    rule([left, y(1)], [right, y(1)], "limit"),
    label([left - 8, y(1) + 4], "stands", "end"),
    label([left - 8, y(0) + 4], "none", "end"),
    ...drawClock(frames, x),
    ...drawWords(frames, x, y),
    ...drawAxis(lastMinute, x),
  ]);
}

function drawBad(at: number, bad: number): string[] {
  const top = scale([0, samplesOfBin], [rows.bad[1], rows.bad[0]])(bad);
  return bad === 0 ? [] : [bar([at - 2, top], [2, rows.bad[1] - top], "bad")];
}

/** The spans in which the clock runs, cut where a part was judged. */
function drawClock(frames: readonly Frame[], x: (minute: number) => number): string[] {
  const parts = new Map<string, Point>();
  for (const { minute, line } of frames) {
    if (line.clock === undefined) continue;
    const { partFrom } = line.clock;
    parts.set(partFrom, [parts.get(partFrom)?.[0] ?? minute, minute]);
  }
  const [top, bottom] = rows.clock;
  const bars = [...parts.values()].filter(([from, to]) => to > from);
  return [
    label([left - 8, bottom - 5], "clock", "end"),
    ...bars.map(([from, to]) => bar([x(from), top], [Math.max(1, x(to) - x(from) - 2), bottom - top], "clock")),
  ];
}

function drawWords(frames: readonly Frame[], x: (minute: number) => number, y: (value: number) => number): string[] {
  const refuted = frames.find(({ line }, at) => line.clock === undefined && frames[at - 1]?.line.clock !== undefined);
  const stands = frames.find(({ minute, evidence }) => minute > harmAt && evidence >= 1);
  const acts = frames.at(-1);
  return [
    label([x(blipAt) - 4, 22], "a blip: 40 s, all of them bad"),
    label([x(harmAt), 22], "harm that stays: 15 % bad, limit 5 %"),
    ...(refuted === undefined
      ? []
      : [label([x(refuted.minute) + 8, y(0.45)], "refuted: evidence and clock are reset")]),
    ...(stands === undefined ? [] : [label([x(stands.minute) - 8, y(1) - 8], "the evidence stands", "end")]),
    ...(acts === undefined
      ? []
      : [
          rule([x(acts.minute), rows.bad[0]], [x(acts.minute), rows.clock[1]], "bad"),
          label([x(acts.minute) - 8, y(2) - 4], "it has lasted: back to the source", "end"),
        ]),
  ];
}

function drawAxis(lastMinute: number, x: (minute: number) => number): string[] {
  const ticks = Array.from({ length: Math.floor(lastMinute / 5) + 1 }, (_, index) => index * 5);
  return [
    rule([left, rows.evidence[1]], [right, rows.evidence[1]], "rule"),
    ...ticks.map((minute) => label([x(minute), rows.axis], `${minute} min`, "middle")),
  ];
}
