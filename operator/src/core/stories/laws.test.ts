// Laws of `decide`, for every status, observation and time that parses.

import { type MigrationStatus, migrationStatusSchema, phases } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase, isLegalStep } from "@retriever/crds/status/phase-steps.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wayForward } from "#test/builders/phases.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { decide } from "../decide.ts";
import type { Observation } from "../model/observation.ts";
import type { PodObservation } from "../model/workload.ts";
import { foldEvidence } from "../pods/epoch-evidence.ts";

const spec = aSpec(shortPlan);
const nonsense = fc.oneof(
  fc.double({ min: 0, max: 1e15, noNaN: true }),
  fc.constantFrom(0, 999_999_999_999_999, 1e15, 1e-320),
);
const instants = fc.oneof(
  fc.constantFrom("", "soon", "2026-03-01T00:00:00Z", "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "+275760-09-14"),
  fc.string({ maxLength: 40 }),
);
const counters: fc.Arbitrary<Counters> = fc
  .tuple(fc.array(nonsense, { minLength: 14, maxLength: 14 }), fc.array(nonsense, { minLength: 15, maxLength: 15 }))
  .map(([values, latencyBuckets]) => {
    const keys = Object.keys(noCounters()).filter((key) => !key.endsWith("Buckets"));
    return {
      ...noCounters(),
      ...Object.fromEntries(keys.map((key, index) => [key, values[index] ?? 0])),
      latencyBuckets,
    };
  });

type Change = { readonly status: Partial<MigrationStatus>; readonly observation: (seen: Observation) => Observation };

const changes: fc.Arbitrary<Change> = fc
  .record({
    phase: fc.option(fc.constantFrom(...phases), { nil: undefined }),
    epoch: fc.option(fc.nat(1000), { nil: undefined }),
    at: instants,
    stage: fc.option(fc.nat(30), { nil: undefined }),
    primary: fc.constantFrom("source", "destination", undefined),
    clocks: fc.option(nonsense, { nil: undefined }),
    counters,
    blind: fc.constantFrom("none", "pods", "overlay", "target", "acts"),
    pods: fc.nat(3),
  })
  .map((seed) => ({
    status: {
      ...(seed.phase === undefined ? {} : { phase: seed.phase }),
      ...(seed.epoch === undefined ? {} : { epoch: seed.epoch }),
      ...(seed.stage === undefined
        ? {}
        : { stage: { index: seed.stage, count: 2, sampleRate: 0.1, startedAt: seed.at } }),
      ...(seed.clocks === undefined
        ? {}
        : {
            guard: {
              startedAt: seed.at,
              tickedAt: seed.at,
              visibility: "watched",
              watchedSeconds: seed.clocks,
              idleSeconds: seed.clocks,
              unobservedSeconds: seed.clocks,
            },
            harm: { alertSince: seed.at, causes: [], stepDowns: 0 },
          }),
    },
    observation: (seen) => ({
      ...seen,
      ...(seed.blind === "none" ? {} : { [seed.blind]: { ok: false, why: "timed out" } }),
      ...(seen.pods.ok && seed.blind !== "pods"
        ? { pods: { ok: true, value: seen.pods.value.slice(0, seed.pods).map((pod) => recount(pod, seed.counters)) } }
        : {}),
    }),
  }));

function recount(pod: PodObservation, counted: Counters): PodObservation {
  if (!pod.status.ok) return pod;
  const { evidence } = pod.status.value;
  const windows = evidence.windows.map((window) => ({ ...window, counters: counted }));
  return {
    ...pod,
    status: { ok: true, value: { ...pod.status.value, evidence: { ...evidence, counters: counted, windows } } },
  };
}

const begun = fc.constantFrom(...wayForward).map((phase) => simulationAt(phase, { spec }).run(7));

describe("decide, from any status and observation", () => {
  it("never throws, is deterministic, keeps to the schema, and the epoch never falls", () => {
    fc.assert(
      fc.property(begun, changes, fc.integer({ min: 0, max: 4e12 }), (sim, change, now) => {
        const status = { ...sim.status, ...change.status };
        const input = {
          migration: { meta: sim.meta, spec: sim.spec, status },
          observation: change.observation(sim.observation()),
          now,
        };
        const decision = decide(input);
        expect(decide(input)).toEqual(decision);
        expect(decision.status.epoch).toBeGreaterThanOrEqual(status.epoch);
        expect(decision.requeueAfterMs === null || decision.requeueAfterMs > 0).toBe(true);
        if (decision.status !== status) migrationStatusSchema.parse(JSON.parse(JSON.stringify(decision.status)));
      }),
      { numRuns: 200 },
    );
  });

  it("never raises the rate or makes the destination primary while the pods can't be seen", () => {
    fc.assert(
      fc.property(
        begun,
        fc.integer({ min: -4e6, max: 4e8 }),
        fc.constantFrom("list", "answers", "evidence", "none"),
        (sim, passed, what) => {
          const seen = sim.observation();
          const observation: Observation =
            what === "list" || !seen.pods.ok
              ? { ...seen, pods: { ok: false, why: "timed out" } }
              : {
                  ...seen,
                  pods: { ok: true, value: what === "none" ? [] : seen.pods.value.map((pod) => blinded(pod, what)) },
                };
          const { status } = decide({
            migration: { meta: sim.meta, spec: sim.spec, status: sim.status },
            observation,
            now: sim.now + passed,
          });
          // The first samples need no evidence before them, only acknowledgements.
          const isStart = sim.phase === "AwaitingApproval" && what === "evidence";
          const highest = isStart ? 1 : (sim.status.revision?.sampleRate ?? 0);
          expect(status.revision?.sampleRate ?? 0).toBeLessThanOrEqual(highest);
          expect(status.revision?.primary === "destination").toBe(
            sim.status.revision?.primary === "destination" && status.rollback === undefined,
          );
          expect(isLegalStep(sim.phase, status.phase)).toBe(true);
          expect(status.phase === "Completed").toBe(sim.phase === "Completed");
        },
      ),
      { numRuns: 200 },
    );
  });
});

function blinded(pod: PodObservation, what: "answers" | "evidence"): PodObservation {
  if (what === "answers" || !pod.status.ok) return { ...pod, status: { ok: false, why: "timed out" } };
  const { value } = pod.status;
  return {
    ...pod,
    status: {
      ok: true,
      value: { ...value, evidence: { ...value.evidence, epoch: value.evidence.epoch + 1, windows: [] } },
    },
  };
}

const event = fc.constantFrom(
  "restart",
  "kill",
  "add",
  "silence",
  "speak",
  "fail source",
  "mend source",
  "bad",
  "good",
  "drop overlay",
  "unobserved",
  "see",
  "Pause",
  "Resume",
  "Promote",
  "Abort",
  "stop statuses",
  "take statuses",
  "stop effects",
  "take effects",
  "delete",
  "late",
  "early",
);

function happen(sim: Simulation, what: string, step: number): void {
  const pod = sim.pods[step % Math.max(1, sim.pods.length)];
  const acts: Readonly<Record<string, () => void>> = {
    restart: () => pod !== undefined && sim.restart(pod),
    kill: () => {
      sim.pods = sim.pods.filter((one) => one !== pod);
    },
    add: () => {
      sim.addPod(`new-${step}`);
    },
    silence: () => {
      if (pod !== undefined) pod.silent = true;
    },
    speak: () => {
      for (const one of sim.pods) one.silent = false;
    },
    "fail source": () => sim.behave("source", { down: true }),
    "mend source": () => sim.behave("source", { down: false }),
    bad: () => {
      sim.traffic = () => ({ ...goodTraffic, mismatch: 0.8, errorShare: 0.3 });
    },
    good: () => {
      sim.traffic = () => goodTraffic;
    },
    "drop overlay": () => {
      sim.overlay = null;
    },
    unobserved: () => sim.unreadable.add("pods"),
    see: () => sim.unreadable.clear(),
    "stop statuses": () => {
      sim.refusesStatus = true;
    },
    "take statuses": () => {
      sim.refusesStatus = false;
    },
    "stop effects": () => {
      sim.refusesEffects = true;
    },
    "take effects": () => {
      sim.refusesEffects = false;
    },
    delete: () => {
      if (step % 3 === 0) sim.delete();
    },
    late: () => {
      sim.now += 3_600_000;
    },
    early: () => {
      sim.now -= 3_600_000;
    },
  };
  const known = acts[what];
  if (known !== undefined) known();
  else sim.act(what as "Pause");
}

describe("any history of faults and people", () => {
  it("keeps to the steps of the API server, and comes to rest once the faults end", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(90)), { maxLength: 25 }), (events) => {
        const sim = new Simulation({ spec, reconcileSeconds: 5 });
        sim.run(60);
        for (const [index, [what, seconds]] of events.entries()) {
          happen(sim, what, index);
          sim.run(seconds);
        }
        for (const what of ["speak", "mend source", "good", "see", "take statuses", "take effects", "Resume", "Abort"])
          happen(sim, what, 1);
        if (sim.pods.length === 0) sim.addPod("last");
        sim.run(400);
        if (sim.gone) return;
        expect({ story: sim.story, isOver: isFinalPhase(sim.phase) }).toEqual({ story: sim.story, isOver: true });
        expect({ message: sim.status.message, isQuiet: sim.isQuiet() }).toMatchObject({ isQuiet: true });
      }),
      { numRuns: 30 },
    );
  });
});

describe("the fold of evidence", () => {
  const step = fc.array(
    fc.record({
      pod: fc.nat(4),
      requests: fc.nat(50),
      event: fc.constantFrom("serve", "serve", "restart", "silent", "leave"),
    }),
    { maxLength: 40 },
  );

  it("doesn't depend on the order of pods, keeps each in one group of its own, and loses sight of none", () => {
    fc.assert(
      fc.property(step, (steps) => {
        const pods = new Map<number, { start: number; requests: number; silent: boolean; generation: number }>();
        const foldAt = (previous: MigrationStatus["evidence"], listed: readonly PodObservation[]) =>
          foldEvidence(previous, { epoch: 3, listed, recordedAt: "2026-03-01T00:01:00Z", now: 1000 });
        let evidence = foldAt(undefined, []);
        let generation = 0;
        for (const { pod, requests, event } of steps) {
          generation += 1;
          const old = pods.get(pod) ?? { start: 1, requests: 0, silent: false, generation };
          if (event === "leave") pods.delete(pod);
          else
            pods.set(pod, {
              ...old,
              silent: event === "silent",
              start: event === "restart" ? old.start + 1 : old.start,
              requests: event === "restart" ? 0 : old.requests + requests,
            });
          const listed = [...pods].map(([id, state]) => aCountingPod(`${id}-${state.generation}`, state));
          const next = foldAt(evidence, listed);
          expect(foldAt(evidence, listed.toReversed())).toEqual(next);
          expect(foldAt(next, listed)).toBe(next);
          expect(next.vanishedPods).toBeGreaterThanOrEqual(evidence.vanishedPods);
          expect(next.lost).toBeGreaterThanOrEqual(evidence.lost);
          const sizes = next.groups.map(({ processes }) => processes.length);
          const answering = listed.filter(({ status }) => status.ok).length;
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(1);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(answering);
          evidence = next;
        }
      }),
      { numRuns: 200 },
    );
  });
});

const template = new Simulation().observation().pods;

function aCountingPod(uid: string, state: { start: number; requests: number; silent: boolean }): PodObservation {
  const pod = template.ok ? template.value[0] : undefined;
  if (pod?.status.ok !== true) throw new Error("no template");
  if (state.silent) return { ...pod, uid, status: { ok: false, why: "silent" } };
  const { value } = pod.status;
  const evidence = { ...value.evidence, epoch: 3, counters: { ...noCounters(), requests: state.requests } };
  return { ...pod, uid, status: { ok: true, value: { ...value, startId: `${state.start}`, evidence } } };
}
