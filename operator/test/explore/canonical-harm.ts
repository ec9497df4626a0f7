// Evidence of harm made equal: sums of a line stand or are none, clocks stop once they have run long enough, and of steps
// that no status holds only those are kept that can still make a difference.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { HarmLine } from "@retriever/crds/status/harm-status.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { podName } from "./observe.ts";
import { origin, spec, stepMs, steps } from "./plan.ts";
import type { Pod, Seen, World } from "./world.ts";

type Evidence = NonNullable<MigrationStatus["evidence"]>;
type Detection = NonNullable<MigrationStatus["detection"]>;
type Clock = NonNullable<HarmLine["clock"]>;
type Age = (cap: number) => (at: string) => string;

/** Sums at or below this are those of a line without evidence: e to it is lost in the digits that are kept. */
const noLog = -10;
/** Sums from here on stand, whatever is held against them, until a part refutes them. */
const standingLog = 100;
/** Fewer failures, or for less time, are never severe. */
const fewFailures = 12;
const severeSeconds = durationSeconds(spec.rollback.severeFor);
/** Steps after which harm has lasted: `sustainedFor` and a part. */
export const lasted = steps.sustained * 1.5;

/** Cursors, sums and clocks of the epoch; `now` is the instant that becomes the origin. */
export function canonicaliseHarm(world: World, now: number, age: Age): World {
  const { status } = world;
  const pods = world.pods.map((pod) => compact(ofEpoch(pod, status.epoch), isStanding(status)));
  const unreadSteps = Math.max(...pods.map(({ unread }) => unread.length));
  const next: MigrationStatus = { ...status };
  if (status.evidence !== undefined)
    next.evidence = { ...status.evidence, pods: status.evidence.pods.map(normaliseCursor(world, pods, now)) };
  if (status.detection !== undefined) {
    const isRefuted = pods.some(({ unread }) => unread[0] === "good");
    const lines = status.detection.lines.map((line) => normaliseLine(line, { unreadSteps, isRefuted, age }));
    next.detection = { ...status.detection, ...timesOf(unreadSteps), lines };
  }
  return { ...world, pods: pods as [Pod, Pod], status: next };
}

/** Bins of another epoch are never read again. */
function ofEpoch(pod: Pod, epoch: number): Pod {
  if (pod.force?.document.revision.epoch === epoch || (pod.unread.length === 0 && !pod.read)) return pod;
  return { ...pod, unread: [], read: false };
}

/** The last good step refutes what was before it, and is nothing where nothing stands. */
function compact(pod: Pod, stands: boolean): Pod {
  const { unread } = pod;
  const from = Math.max(0, unread.lastIndexOf("good"));
  const idle: readonly Seen[] = stands ? ["nothing"] : ["nothing", "good"];
  const first = unread.findIndex((seen, step) => step >= from && !idle.includes(seen));
  const kept = first === -1 ? [] : unread.slice(first);
  return kept.length === unread.length ? pod : { ...pod, unread: kept };
}

function isStanding({ detection }: MigrationStatus): boolean {
  return detection?.lines.some(hasEvidence) === true;
}

function hasEvidence({ logs, clock, run }: HarmLine): boolean {
  return Math.max(...logs) > noLog || clock !== undefined || run !== undefined;
}

/** A cursor that is where the first unread step begins stays there; one that is behind would take bins twice. */
function normaliseCursor({ pods: before }: World, pods: readonly Pod[], now: number) {
  return (known: Evidence["pods"][number]): Evidence["pods"][number] => {
    const index = known.uid === `uid-${podName(0)}` ? 0 : 1;
    const { unread, read } = before[index];
    const begin = (at: number, steps: number): number => (at - steps * stepMs) / 1000;
    const ahead = known.binsUntil - begin(now, unread.length);
    const from = begin(origin, pods[index]?.unread.length ?? 0);
    return { ...known, binsUntil: ahead >= 0 || !read ? from + Math.max(0, ahead) : 0 };
  };
}

/** Nothing that was judged is newer than what wasn't. So long that sidecars forget (45 steps) nobody is away here. */
function timesOf(unreadSteps: number): Pick<Detection, "from" | "until"> {
  const until = new Date(origin - unreadSteps * stepMs).toISOString();
  return { from: until, until };
}

type Waiting = {
  readonly unreadSteps: number;
  /** Good steps wait first, of which those before the last were left out: no time without samples. */
  readonly isRefuted: boolean;
  readonly age: Age;
};

function normaliseLine(line: HarmLine, waiting: Waiting): HarmLine {
  const { unreadSteps, age } = waiting;
  const { clock, run } = line;
  const next = { ...line };
  if (clock !== undefined) next.clock = normaliseClock(clock, waiting);
  if (run !== undefined) next.run = { ...run, from: age(lasted + unreadSteps)(run.from) };
  return next;
}

/** A part without a sample may as well begin with the first unread step. */
function normaliseClock(clock: Clock, { unreadSteps, isRefuted, age }: Waiting): Clock {
  const { since, seenAt, partFrom } = clock;
  return {
    ...clock,
    since: age(lasted + unreadSteps)(since),
    seenAt: age((isRefuted ? 0 : steps.gap) + unreadSteps)(seenAt),
    partFrom: age(unreadSteps)(partFrom),
  };
}

/** What tells the evidence of harm of two worlds apart. */
export function detectionKey({ detection }: MigrationStatus): string {
  if (detection === undefined) return "";
  const lines = detection.lines.filter(hasEvidence);
  return lines.map(lineKey).join(" ");
}

/** Of so many samples it is no matter how many there were, nor which share above the limit they speak for. */
function lineKey({ line, logs, clock, run }: HarmLine): string {
  return [
    line,
    Math.max(...logs) >= standingLog ? "stands" : logs.join("/"),
    clock && [clock.since, clock.seenAt, clock.parts, clock.partFrom, clock.partN, clock.sourceN > 0, clock.verdict],
    run && [run.failures >= fewFailures, run.failingSeconds >= severeSeconds, run.partN, ...run.pods],
  ].join();
}

/** The same with the pods' names exchanged. */
export function renamePods(detection: Detection, other: (uid: string) => string): Detection {
  const lines = detection.lines.map((line) =>
    line.run === undefined ? line : { ...line, run: { ...line.run, pods: line.run.pods.map(other).toSorted() } },
  );
  return { ...detection, lines };
}
