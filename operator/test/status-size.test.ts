// How large a status gets: it is read and written whole, and etcd holds every version of it for a while.

import type { HarmLine } from "@retriever/crds/status/harm-status.ts";
import { harmLines } from "@retriever/crds/status/harm-status.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { packStatus, unpackStatus } from "@retriever/crds/status/packed-status.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { expect, it } from "vitest";
import { decide } from "#core/decide.ts";
import { mostTelling } from "#core/detection/slice-lines.ts";
import type { Migration } from "#core/model/migration.ts";
import { updateOutbox } from "#core/outbox/outbox.ts";
import { aSpec } from "./builders/spec.ts";
import { aMigration, anObservation, aPod, noon } from "./builders/world.ts";

/** As it is stored. */
const kibibytes = (status: MigrationStatus) => Buffer.byteLength(JSON.stringify(packStatus(status))) / 1024;

/** Every number at its longest: of all its digits, and with a fraction. */
function aLine(line: HarmLine["line"], slice: number | null): HarmLine {
  const at = new Date(noon - 259_200_000).toISOString();
  const count = 1_234.567_89;
  const times = { since: at, seenAt: at, partFrom: at, shared: 123_450 };
  const part = { partBad: count, partN: count, partSquares: count };
  const counts = { share: 0.123_456, bad: count, n: count, sourceBad: count, sourceN: count, ...part };
  const clock: NonNullable<HarmLine["clock"]> = { ...times, ...counts, parts: 3, verdict: "unproved" };
  const compared = slice === null ? ["latency", "liveErrors", "emptyAnswers", "liveLatency", "severe"] : ["errors"];
  const squares = line === "latency" ? 12.3456 : 0;
  const counted = compared.includes(line)
    ? [12.3456, 1234.56, 0, 12.3456, 1234.56, 1.234_56, 12.3456]
    : [12.3456, 1234.56, squares, 0, 0];
  const groups = Array.from({ length: 12 }, () => counted);
  const logs = Array.from({ length: 8 }, (_, index) => -1234.5678 - index);
  return { line, slice, limit: 0.012_345_678_9, bad: count, n: count, evidence: 0.1234, logs, clock, groups };
}

/** As long as a namespace's name may be in a status, each character of it escaped. */
const namespace = (index: number) => `${"\u0001".repeat(10)}${String(index).padStart(4, "0")}`;

/** In the guard, with a full history and every line of harm there can be: 20 slices among them. */
function aFullMigration(choosing = 0): Migration {
  const names = Array.from({ length: 20 }, (_, index) => ({ name: namespace(index), requests: 1_234_567.89 }));
  const nextSlices = Array.from({ length: choosing }, (_, index) => ({
    name: namespace(index),
    requests: 1_234_567.89,
  }));
  const all = [
    ...harmLines.filter((line) => line !== "errors" && line !== "shadowErrors").map((line) => aLine(line, null)),
    ...(["score", "errors", "latency", "mismatch", "emptyAnswers"] as const).flatMap((line) =>
      Array.from({ length: 21 }, (_, slice) => aLine(line, slice)),
    ),
  ];
  const lines = mostTelling(all, choosing);
  const history = Array.from({ length: 20 }, () => ({
    at: new Date(noon).toISOString(),
    phase: "Guard" as const,
    epoch: 5,
    reason: "CutOver",
    message: "x".repeat(300),
  }));
  const from = new Date(noon - 600_000).toISOString();
  return aMigration(aSpec())
    .in("Guard")
    .with({
      history,
      detection: {
        epoch: 5,
        from,
        until: from,
        lines,
        slices: names,
        slicesChosenIn: choosing === 0 ? "Guard" : "Ramp",
        ...(choosing === 0 ? {} : { nextSlices }),
      },
      guard: {
        startedAt: from,
        tickedAt: from,
        visibility: "watched",
        watchedSeconds: 1,
        idleSeconds: 0,
        unobservedSeconds: 0,
      },
      skippedChecks: ["parity", "alerts", "approvals"],
    })
    .build();
}

const podName = (index: number) => `search-api-7d9f8b6c5-${index}`.padEnd(40, "x");

it("but for what pods counted and what of it is harm, is at most 26 KiB with 1,000 pods that all lag, 20 slices and a full history", () => {
  const migration = aFullMigration();
  const pods = Array.from({ length: 1000 }, (_, index) =>
    aPod(podName(index))
      .following(migration)
      .with({ nodeLost: index % 2 === 0 })
      .silent()
      .build(),
  );
  const unproved = [...Array.from({ length: 20 }, (_, index) => `pod-${index}: no controller owns it`), "5000 more"];
  const observation = anObservation(migration, {}, { pods: { ok: true, value: pods }, unproved });
  const { status } = decide({ migration, observation, now: noon });
  const { evidence: _evidence, detection: _detection, ...rest } = status;
  expect(status.acks?.pods).toBe(1000);
  expect(status.history.length).toBe(20);
  expect(kibibytes(rest)).toBeLessThan(26);
});

/** Counts like those of a day of traffic, with no zeros that would make the text short. */
function aDay(index: number): Counters {
  const fields = Object.entries(noCounters()).map(([field, value]) => [
    field,
    Array.isArray(value)
      ? value.map((_, bucket) => 123_456 + index + bucket)
      : ["requests", "answered", "contentSamples"].includes(field)
        ? 1_234_567 + index
        : 3 + index / 1000,
  ]);
  return Object.fromEntries(fields) as Counters;
}

/** In the guard with what 1,000 pods count, while every tenth is replaced each minute. */
function ofManyPods(): MigrationStatus {
  let migration = aFullMigration();
  for (let minute = 0; minute < 4; minute += 1) {
    const pods = Array.from({ length: 1000 }, (_, index) => {
      const generation = index % 10 === minute % 10 ? minute : 0;
      const uid = `0b4e2b6e-0000-4000-${String(generation).padStart(4, "0")}-${String(index).padStart(12, "0")}`;
      const pod = aPod(podName(index)).with({ uid, nodeLost: index >= 960 });
      return (index >= 920 ? pod.silent() : pod.following(migration, aDay(index))).build();
    });
    const observation = anObservation(migration, {}, { pods: { ok: true, value: pods } });
    const { status } = decide({ migration, observation, now: noon + minute * 60_000 });
    migration = { ...migration, status };
  }
  return migration.status;
}

it("as a whole is at most 64 KiB with what 1,000 pods count, while every tenth is replaced each minute", () => {
  const status = ofManyPods();
  expect(status.phase).toBe("Guard");
  expect(status.evidence?.vanishedPods).toBeGreaterThan(0);
  expect([status.acks?.lagging.length, status.acks?.lost.length, status.history.length]).toEqual([20, 20, 20]);
  expect(status.detection?.slices.length).toBeGreaterThanOrEqual(20);
  for (const { choosing, lines } of [
    { choosing: 0, lines: 68 },
    { choosing: 64, lines: 46 },
  ]) {
    const full = { ...status, detection: aFullMigration(choosing).status.detection };
    expect(full.detection?.lines.length).toBe(lines);
    const stored: unknown = JSON.parse(JSON.stringify(packStatus(full)));
    expect(migrationStatusSchema.parse(unpackStatus(stored))).toEqual(JSON.parse(JSON.stringify(full)));
    expect(kibibytes(full)).toBeLessThan(64);
  }
});

/** As it is after hours of traffic: whole counts, and shares of some digits. */
function aUsualLine(line: HarmLine): HarmLine {
  const at = new Date(noon - 600_000).toISOString();
  const part = { partBad: 12, partN: 345, partSquares: 0 };
  const counts = { share: 0.0354, bad: 435, n: 12_345, sourceBad: 61, sourceN: 12_345, ...part };
  const clock = line.clock && { ...line.clock, since: at, seenAt: at, partFrom: at, ...counts };
  const groups = line.groups?.map(() => [36, 1028, 0, 5, 1028, 3, 2].slice(0, line.groups?.[0]?.length));
  const logs = line.logs.map((_, index) => -12.34 - index);
  return {
    ...line,
    limit: 0.05,
    bad: 435,
    n: 12_345,
    evidence: 0.12,
    logs,
    ...(clock && { clock }),
    ...(groups && { groups }),
  };
}

it("as traffic brings it about is at most 64 KiB with 1,000 pods, every line standing, 20 stages and a full outbox", () => {
  const stages = Array.from({ length: 20 }, (_, index) => ({
    sampleRate: (index + 1) / 1000,
    minDuration: "120m",
    deadline: "1440m",
  }));
  const sinks = ["engineering", "search-on-call", "managers"];
  const spec = aSpec({ stages, communications: { sinks } });
  const counted = ofManyPods();
  const detection = aFullMigration().status.detection;
  const lines = detection?.lines.map(aUsualLine) ?? [];
  const at = new Date(noon).toISOString();
  const message = (index: number): OutboxMessage => ({
    key: `6f1d4c1e-0000-4000-8000-000000000000/5/Page/Reason${index}/492283`,
    kind: "Page",
    reason: `Reason${index}`,
    incident: `Page/Reason${index}`,
    phase: "Guard",
    text: "y".repeat(2000),
    at,
    pending: sinks,
    failed: [],
    attempts: 3,
    nextAttemptAt: at,
    lastError: "search-on-call: HTTP 503",
  });
  const outbox = Array.from({ length: 50 }, (_, index) => message(index));
  const { meta, status: planned } = aMigration(spec).in("Guard").build();
  const full = { ...counted, plan: planned.plan, ...(detection && { detection: { ...detection, lines } }), outbox };
  const told = { meta, plan: spec, before: full, next: full, deliveries: [], announcements: [], now: noon };
  const left = updateOutbox(told);
  expect(left.length).toBeGreaterThan(10);
  expect(kibibytes({ ...full, outbox: [...left] })).toBeLessThan(64);
});

it("keeps no more of a step's sentence in its history than the status has room for", () => {
  const migration = aMigration(aSpec())
    .in("Guard")
    .with({
      acts: { seen: [], paused: false, latched: { act: "Rollback", actor: "ada", reason: "y".repeat(2000), at: "" } },
    })
    .build();
  const { status } = decide({ migration, observation: anObservation(migration), now: noon });
  expect(status.phase).toBe("RollingBack");
  expect(status.message.length).toBeGreaterThan(1900);
  expect(status.history.at(-1)?.message.length).toBe(300);
});
