// What a spec must satisfy beyond its shape: each rule once as CEL for the API server, once as code for whoever
// checks a manifest without a cluster. A test holds both to the same verdicts.
import { durationSeconds } from "#fields/duration.ts";
import { writesToStores } from "./data-spec.ts";
import type { MigrationSpec, Stage } from "./migration-spec.ts";
import { maxStages } from "./stages-spec.ts";

type SpecRule = {
  /** Field of the spec that carries the rule; `self` is its value, and no rule without `at` looks beyond it. */
  readonly field:
    | "stages"
    | "gates"
    | "rollback"
    | "cutover"
    | "guard"
    | "checklist"
    | "requestedBy"
    | "destination"
    | "data";
  /** Node of the CEL rule where it isn't the field: then `self` is that node's value. */
  readonly at?: string;
  readonly rule: string;
  /** Expectation, as the refusal states it. */
  readonly message: string;
  readonly holds: (spec: MigrationSpec) => boolean;
  /** What the refused manifest says there. */
  readonly received: (spec: MigrationSpec) => unknown;
};

/** Sidecars keep their counters for this long; no window can look further back. */
const longestWindow = "15m";

const placesAfterFirst = Array.from({ length: maxStages - 1 }, (_, index) => index + 1).join(", ");

function atLeast(field: string, floor: string): string {
  return `(!has(self.${field}) || duration(self.${field}) >= duration('${floor}'))`;
}

function atMost(field: string, ceiling: string): string {
  return `(!has(self.${field}) || duration(self.${field}) <= duration('${ceiling}'))`;
}

function within(duration: string, floor: string, ceiling: string): boolean {
  const seconds = durationSeconds(duration);
  return seconds >= durationSeconds(floor) && seconds <= durationSeconds(ceiling);
}

function namesOf({ approvals }: MigrationSpec["checklist"]): string[] {
  return approvals.roles.map(({ name }) => name);
}

function isInTime({ deadline, minDuration }: Stage): boolean {
  return durationSeconds(deadline) >= durationSeconds(minDuration);
}

function isRising(stages: readonly Stage[]): boolean {
  return stages.every((stage, index) => index === 0 || (stages[index - 1]?.sampleRate ?? 0) < stage.sampleRate);
}

/** Of the checks that ask more than one question. */
const checklistRules: readonly SpecRule[] = [
  {
    field: "checklist",
    at: "spec.checklist.approvals",
    rule: "!has(self.roles) || self.roles.all(one, self.roles.exists_one(other, other.name == one.name))",
    message: "expected every role once",
    holds: ({ checklist }) => new Set(namesOf(checklist)).size === checklist.approvals.roles.length,
    received: ({ checklist }) => namesOf(checklist),
  },
  {
    field: "checklist",
    at: "spec.checklist.window",
    rule: "!has(self.start) || !has(self.end) || self.start != self.end",
    message: "expected start and end to differ: such a window never opens",
    holds: ({ checklist }) => checklist.window.start !== checklist.window.end,
    received: ({ checklist }) => [checklist.window.start, checklist.window.end],
  },
  {
    field: "checklist",
    at: "spec.checklist.staging",
    rule: "!has(self.from) || !has(self.result)",
    message: "expected from or result, not both",
    holds: ({ checklist }) => checklist.staging.from === undefined || checklist.staging.result === undefined,
    received: ({ checklist }) => [checklist.staging.from, checklist.staging.result],
  },
  {
    field: "checklist",
    at: "spec.checklist.parity",
    rule: `${atLeast("maxAge", "1s")} && ${atLeast("recheck", "1s")} && ${atLeast("timeout", "1s")}`,
    message: "expected maxAge, recheck and timeout of at least 1s",
    holds: ({ checklist: { parity } }) =>
      [parity.maxAge, parity.recheck, parity.timeout].every((one) => durationSeconds(one) >= 1),
    received: ({ checklist: { parity } }) => [parity.maxAge, parity.recheck, parity.timeout],
  },
  {
    field: "checklist",
    at: "spec.checklist.smokeTests",
    rule: "!has(self.cronJobs) || self.cronJobs.all(one, self.cronJobs.exists_one(other, other == one))",
    message: "expected every CronJob once",
    holds: ({ checklist: { smokeTests } }) => new Set(smokeTests.cronJobs).size === smokeTests.cronJobs.length,
    received: ({ checklist: { smokeTests } }) => smokeTests.cronJobs,
  },
  {
    field: "checklist",
    at: "spec.checklist.smokeTests",
    rule: "!has(self.cronJobs) || self.cronJobs.all(one, !one.endsWith('-retriever-copy') && !one.endsWith('-retriever-sync') && !one.endsWith('-retriever-repair') && !one.endsWith('-retriever-verify'))",
    message: "expected no CronJob that copies, syncs, repairs or compares: it is no smoke test, and may write",
    holds: ({ checklist: { smokeTests } }) =>
      smokeTests.cronJobs.every((one) => !/-retriever-(copy|sync|repair|verify)$/.test(one)),
    received: ({ checklist: { smokeTests } }) => smokeTests.cronJobs,
  },
  {
    field: "requestedBy",
    at: "spec",
    rule: "!has(self.checklist) || !has(self.checklist.approvals) || !has(self.checklist.approvals.fourEyes) || !self.checklist.approvals.fourEyes || has(self.requestedBy)",
    message: "expected the requesting user beside checklist.approvals.fourEyes",
    // Where the checklist is at fault itself, nothing is asked of its neighbour.
    holds: ({ checklist, requestedBy }: Partial<MigrationSpec>) =>
      checklist?.approvals.fourEyes !== true || requestedBy !== undefined,
    received: ({ requestedBy }) => requestedBy,
  },
];

/** Creating a migration never writes to a store by itself: somebody has to have agreed. */
const dataRules: readonly SpecRule[] = [
  {
    field: "data",
    at: "spec",
    rule: "!has(self.data) || ((!has(self.data.copy) || self.data.copy == 'Never') && (!has(self.data.sync) || self.data.sync == 'Never')) || !has(self.checklist) || !has(self.checklist.approvals) || !has(self.checklist.approvals.policy) || self.checklist.approvals.policy == 'Require'",
    message:
      "expected copy and sync Never where checklist.approvals.policy is Skip: nobody would have agreed to the writing",
    holds: ({ data, checklist }: Partial<MigrationSpec>) =>
      data === undefined || !writesToStores({ data }) || checklist?.approvals.policy !== "Skip",
    received: ({ data }) => [data.copy, data.sync],
  },
  {
    field: "data",
    rule: `${atLeast("maxLag", "1s")} && ${atLeast("verifyEvery", "1s")}`,
    message: "expected maxLag and verifyEvery of at least 1s",
    holds: ({ data }) => [data.maxLag, data.verifyEvery].every((one) => durationSeconds(one) >= 1),
    received: ({ data }) => [data.maxLag, data.verifyEvery],
  },
];

/** Without moments nothing above ids can be compared. */
const parityRules: readonly SpecRule[] = [
  {
    field: "destination",
    at: "spec",
    rule:
      "!(has(self.destination.fields) && has(self.destination.fields.updatedAt) ? self.destination.fields.updatedAt == '$none' : has(self.destination.layout) && self.destination.layout != 'default') || " +
      "(has(self.checklist) && has(self.checklist.parity) && ((has(self.checklist.parity.level) && self.checklist.parity.level == 'ids') || (has(self.checklist.parity.policy) && self.checklist.parity.policy == 'Skip')))",
    message:
      "expected checklist.parity.level ids: the destination doesn't say when a chunk was written (fields.updatedAt)",
    holds: ({ destination, checklist }: Partial<MigrationSpec>) =>
      destination === undefined ||
      isDated(destination) ||
      checklist?.parity.level === "ids" ||
      checklist?.parity.policy === "Skip",
    received: ({ destination }) => destination.layout ?? destination.fields?.updatedAt,
  },
];

function isDated({ layout = "default", fields }: MigrationSpec["destination"]): boolean {
  return fields?.updatedAt === undefined ? layout === "default" : fields.updatedAt !== "$none";
}

export const specRules: readonly SpecRule[] = [
  ...checklistRules,
  ...parityRules,
  ...dataRules,
  {
    field: "stages",
    // A list of places instead of comprehension variables: plain CEL, the same on every API server.
    rule: `[${placesAfterFirst}].all(i, i >= size(self) || self[i - 1].sampleRate < self[i].sampleRate)`,
    message: "expected sample rates that rise strictly from stage to stage",
    holds: (spec) => isRising(spec.stages),
    received: (spec) => spec.stages.map((stage) => stage.sampleRate),
  },
  {
    field: "stages",
    at: "spec.stages[].untilPeak",
    rule: "self.from != self.to",
    message: "expected from and to to differ: such a peak never comes",
    holds: ({ stages }) => stages.every(({ untilPeak }) => untilPeak === undefined || untilPeak.from !== untilPeak.to),
    received: ({ stages }) => stages.map(({ untilPeak }) => untilPeak?.from),
  },
  {
    field: "stages",
    at: "spec.stages[]",
    rule: "!has(self.deadline) || !has(self.minDuration) || duration(self.deadline) >= duration(self.minDuration)",
    message: "expected a deadline that isn't shorter than minDuration",
    holds: ({ stages }) => stages.every(isInTime),
    received: ({ stages }) => stages.filter((stage) => !isInTime(stage)).map((s) => [s.deadline, s.minDuration]),
  },
  {
    field: "gates",
    rule: `${atLeast("window", "1s")} && ${atMost("window", longestWindow)}`,
    message: "expected a window from 1s to 15m, which is how long sidecars keep their counters",
    holds: (spec) => within(spec.gates.window, "1s", longestWindow),
    received: (spec) => spec.gates.window,
  },
  {
    field: "rollback",
    rule: `${atLeast("window", "1s")} && ${atMost("window", longestWindow)}`,
    message: "expected a window from 1s to 15m, which is how long sidecars keep their counters",
    holds: (spec) => within(spec.rollback.window, "1s", longestWindow),
    received: (spec) => spec.rollback.window,
  },
  {
    field: "rollback",
    rule: `${atLeast("severeFor", "1s")} && ${atMost("severeFor", longestWindow)}`,
    message:
      "expected a severeFor from 1s to 15m: one bad second is no outage, and sidecars keep their counters for 15m",
    holds: (spec) => within(spec.rollback.severeFor, "1s", longestWindow),
    received: (spec) => spec.rollback.severeFor,
  },
  {
    field: "cutover",
    rule: `${atLeast("ackTimeout", "1s")} && ${atLeast("validationTimeout", "1s")}`,
    message: "expected ackTimeout and validationTimeout of at least 1s",
    holds: ({ cutover }) => durationSeconds(cutover.ackTimeout) >= 1 && durationSeconds(cutover.validationTimeout) >= 1,
    received: ({ cutover }) => [cutover.ackTimeout, cutover.validationTimeout],
  },
  {
    field: "guard",
    rule: atLeast("duration", "1s"),
    message: "expected a guard of at least 1s: a migration is never completed unwatched",
    holds: (spec) => durationSeconds(spec.guard.duration) >= 1,
    received: (spec) => spec.guard.duration,
  },
  {
    field: "guard",
    rule: "!has(self.deadline) || !has(self.duration) || duration(self.deadline) >= duration(self.duration)",
    message: "expected a deadline that isn't shorter than the guard's duration",
    holds: ({ guard }) => durationSeconds(guard.deadline) >= durationSeconds(guard.duration),
    received: ({ guard }) => [guard.deadline, guard.duration],
  },
  {
    field: "guard",
    rule: atLeast("maxDetectionTime", "1m"),
    message: "expected a maxDetectionTime of at least 1m: evidence comes in bins of 10 s, and a failure needs several",
    holds: ({ guard }) => durationSeconds(guard.maxDetectionTime) >= 60,
    received: ({ guard }) => guard.maxDetectionTime,
  },
  {
    field: "guard",
    at: "spec.guard.sampling",
    rule: "!has(self.maxRate) || !has(self.minRate) || self.maxRate >= self.minRate",
    message: "expected a maxRate that isn't below minRate",
    holds: ({ guard: { sampling } }) => sampling.maxRate >= sampling.minRate,
    received: ({ guard: { sampling } }) => [sampling.maxRate, sampling.minRate],
  },
  {
    field: "guard",
    rule: "!has(self.onPassed) || (self.onPassed == 'RepointShadow') == has(self.next)",
    message: "expected next exactly when onPassed is RepointShadow",
    holds: ({ guard }) => (guard.onPassed === "RepointShadow") === (guard.next !== undefined),
    received: ({ guard }) => [guard.onPassed, guard.next],
  },
];
