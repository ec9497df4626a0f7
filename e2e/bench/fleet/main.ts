// `make sim-fleet`: the operator's own decisions over fleets that come and go, lie, or send everything to one pod. Repeats
// exactly. Last line JSON.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseMigrationSpec } from "@retriever/crds/parse.ts";
import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { rehearsedMigration } from "@retriever/kubectl/rehearse/manifest.ts";
import type { Rehearsal } from "@retriever/kubectl/rehearse/rehearsal.ts";
import { rehearse } from "@retriever/kubectl/rehearse/rehearse.ts";
import type { Scenario } from "@retriever/kubectl/scenario/scenario.ts";
import { readBase } from "@retriever/operator/observe/read-base.ts";
import { aLateRollback, playLateRollback, writesOutside } from "@retriever/operator/test/late-rollback.ts";
import fc from "fast-check";
import { parse } from "yaml";
import { baseIn, largeBases, ordinaryBase } from "./bases.ts";
import { comparisons, guardShapes, type Liars, liars, sticky } from "./shapes.ts";

const mostRatio = 1.2;

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const seeds = Array.from({ length: values.quick ? 1 : 5 }, (_, index) => index + 1);
/** What comes in the ramp has to be seen in a whole one, of the default plan; what comes after it, or in its first stage, hasn't. */
const migrations = {
  whole: readMigration({}),
  guarded: readMigration({ stages: [{ sampleRate: 0.1, minDuration: "10m" }], gates: { minDwell: "5m" } }),
  staged: readMigration({ stages: [{ sampleRate: 0.02, minDuration: "1h" }, { sampleRate: 0.05 }] }),
};
type Plan = keyof typeof migrations;

type Row = {
  readonly id: string;
  readonly name: string;
  readonly n: number;
  readonly value: number;
  readonly ok: boolean;
};
const rows: Row[] = [];

function readMigration(changed: object) {
  const file = new URL("../../../examples/default/migration.yaml", import.meta.url);
  const { metadata, spec } = parse(readFileSync(file, "utf8")) as { metadata: { name: string }; spec: unknown };
  const parsed = parseMigrationSpec({ ...(spec as object), ...changed });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return rehearsedMigration("search", metadata.name, parsed.spec);
}

function play(scenario: Scenario, seed: number, plan: Plan = "guarded"): Rehearsal {
  return rehearse(migrations[plan], scenario, seed);
}

function report(row: Row, words: string): void {
  rows.push(row);
  process.stdout.write(`${row.id} ${row.name}: ${words}, n ${row.n}; ${row.ok ? "holds" : "missed"}\n`);
}

/** Seconds that each stage took, in their order. */
function stageTimes({ entries }: Rehearsal): readonly number[] {
  const moments = entries.flatMap((entry) =>
    entry.kind === "decision" && entry.moved && ["WarmUpStarted", "StagePassed", "RampPassed"].includes(entry.reason)
      ? [entry.seconds]
      : [],
  );
  return moments.slice(1).map((at, index) => at - (moments[index] as number));
}

function compareStages(): void {
  const quietTimes = new Map<string, readonly number[]>();
  for (const { name, busy, quiet } of comparisons) {
    const ratios = seeds.flatMap((seed) => {
      const times = stageTimes(play(busy, seed, "whole"));
      // Fleets that begin equally large and are asked as often have the same quiet one.
      const key = `${quiet.pods.count} ${quiet.traffic.requestsPerSecond} ${seed}`;
      const usual = quietTimes.get(key) ?? stageTimes(play(quiet, seed, "whole"));
      quietTimes.set(key, usual);
      return usual.map((seconds, stage) => (times[stage] ?? Number.POSITIVE_INFINITY) / seconds);
    });
    const worst = Math.max(...ratios);
    const ok = ratios.length > 0 && worst <= mostRatio;
    report(
      { id: "E1", name, n: ratios.length, value: worst, ok },
      `slowest stage ${worst.toFixed(3)}x of a quiet fleet's`,
    );
  }
}

/** Pods that don't follow the guard's configuration at the end; all where the guard was left. */
function atSource({ status }: Rehearsal): number {
  const { acks, phase } = status;
  return acks === undefined || phase !== "Guard" ? Number.POSITIVE_INFINITY : acks.pods - acks.matched;
}

function rollOutInGuard(): void {
  for (const [name, scenario] of Object.entries(guardShapes)) {
    const most = Math.max(...seeds.map((seed) => atSource(play(scenario, seed))));
    report({ id: "E1", name, n: seeds.length, value: most, ok: most === 0 }, `${most} pods serve the source`);
  }
}

/** What must never be: traffic that moves for nothing or stays with a dead store, or a status that nobody can read. */
function isWrong({ status }: Rehearsal, isDead: boolean): boolean {
  const isBack = status.rollback !== undefined;
  return isBack !== isDead || !migrationStatusSchema.safeParse(status).success;
}

/** Before the cutover: a step down of a healthy destination, or a wrong one that passes a stage. */
function isWrongBefore({ status, entries }: Rehearsal, isWrongStore: boolean): boolean {
  const came = entries.some((entry) => entry.kind === "decision" && entry.reason === "StagePassed");
  const isDown = status.harm?.heldSince !== undefined || (status.harm?.stepDowns ?? 0) > 0;
  return (isWrongStore ? came : isDown) || !migrationStatusSchema.safeParse(status).success;
}

type IsWrong = (end: Rehearsal, isDead: boolean) => boolean;

function believeNobody(cases: readonly Liars[], plan: Plan, isWrong: IsWrong): void {
  for (const { name, isDead, scenario } of cases) {
    const wrong = seeds.filter((seed) => isWrong(play(scenario, seed, plan), isDead)).length;
    report({ id: "E2", name, n: seeds.length, value: wrong, ok: wrong === 0 }, `${wrong} wrong ends`);
  }
}

/** Held and told: a person decides. */
function holdForOne(): void {
  const told = seeds.filter((seed) => {
    const { status, entries } = play(sticky, seed);
    const calls = entries.flatMap((entry) => (entry.kind === "decision" ? entry.announcements : []));
    return (
      status.phase === "Guard" && calls.some(({ reason, severity }) => reason === "OnePodAlone" && severity === "page")
    );
  }).length;
  const ok = told === seeds.length;
  report(
    { id: "E6", name: "one sticky pod serves everything, all of it wrong", n: seeds.length, value: told, ok },
    `${told} held and told`,
  );
}

/** Rollbacks of which nothing that the destination received may be left out of the comparison. */
function hideNothing(): void {
  const stories = fc.sample(aLateRollback, { numRuns: values.quick ? 20 : 300, seed: 18 });
  const played = stories.map((story) => {
    const end = playLateRollback(story);
    return { written: end.writtenAt.length, outside: writesOutside(end, story) };
  });
  const sum = (count: (one: (typeof played)[number]) => number) => played.reduce((all, one) => all + count(one), 0);
  const [written, outside] = [sum((one) => one.written), sum((one) => one.outside)];
  report(
    {
      id: "E4",
      name: "writes before late rollbacks",
      n: stories.length,
      value: outside,
      ok: outside === 0 && written > 0,
    },
    `${outside} of ${written} writes outside of what is compared`,
  );
}

const mostStallMs = 50;

/** One look at a base holds everything else up for so long: by CPU time, which others on the machine don't lengthen. */
function readLargeBases(): void {
  // An operator that has just begun has compiled nothing yet; what a text costs it, it pays each time that text is read.
  readBase(baseIn(ordinaryBase));
  for (const [name, text] of Object.entries(largeBases)) {
    const readings = Array.from({ length: values.quick ? 3 : 20 }, (_, spaces) => {
      const before = process.cpuUsage();
      // Each another text: one that was seen is not read again.
      readBase(baseIn(`${text}${" ".repeat(spaces)}`));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    const worst = Math.max(...readings);
    report(
      // In the slice it is only told: few readings on a busy machine prove nothing of time.
      { id: "E7", name: `a base: ${name}`, n: readings.length, value: worst, ok: values.quick || worst <= mostStallMs },
      `the loop stands for ${worst.toFixed(1)} ms at most`,
    );
  }
}

const begun = performance.now();
compareStages();
rollOutInGuard();
const { guard, ramp } = liars(values.quick);
believeNobody(guard, "guarded", isWrong);
believeNobody(ramp, "staged", isWrongBefore);
holdForOne();
hideNothing();
readLargeBases();
const ok = rows.every((row) => row.ok);
const seconds = Math.round((performance.now() - begun) / 1000);
process.stdout.write(`${JSON.stringify({ quick: values.quick, seconds, rows, ok })}\n`);
process.exitCode = ok ? 0 : 1;
