// One pass of judgement as a phase gets it, from a migration where all is well; what a test is about is replaced.
import type { MigrationSpec, MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase, Verdict } from "@retriever/crds/status/migration-status.ts";
import { assess } from "#core/assess.ts";
import type { Acks, Context, Finding, Harm } from "#core/model/context.ts";
import type { Outcome } from "#core/model/decision.ts";
import type { Observation } from "#core/model/observation.ts";
import { someCounters } from "./counters.ts";
import { aSpec, onlyReachable } from "./spec.ts";
import { someJobs } from "./verification.ts";
import { aMigration, anObservation, noon } from "./world.ts";

type Script = {
  readonly plan?: MigrationSpec;
  readonly status?: Partial<MigrationStatus>;
  readonly see?: Partial<Observation>;
};

/** A context in a phase, with every pod following, every gate passed and nothing found. */
export function aContext(phase: Phase, { plan = aSpec(), status = {}, see = {} }: Script = {}): Context {
  const migration = aMigration(plan).in(phase).with(status).build();
  const c = assess(migration, plan, anObservation(migration, {}, see), noon);
  return { ...c, gates: c.gates.map((gate) => ({ ...gate, verdict: "Pass" })), harm: someHarm() };
}

/** In `aContext`, what is asked for before the cutover: pods that follow, stores that answer, Jobs that can be made. */
export function aReadyContext(
  phase: Phase,
  plan: Partial<MigrationSpecInput> = {},
  status: Partial<MigrationStatus> = {},
): Context {
  const c = aContext(phase, { plan: aSpec(plan), status, see: { jobs: someJobs() } });
  const ready = { status: "True", reason: "Ready", message: "all is well" } as const;
  const acks = { ...c.acks, state: "all" as const };
  return { ...c, acks, reachable: ready, rollbackReady: ready, totals: someCounters({ answered: 1000 }) };
}

/** An outcome in one line: `Ramp working Sampling: stage 1 of 3`. */
export function tell({ standing, reason, status }: Outcome): string {
  return `${status.phase} ${standing} ${reason}: ${status.message}`;
}

/** A plan that skips every check but those named. */
export function asking(checklist: NonNullable<MigrationSpecInput["checklist"]>): Partial<MigrationSpecInput> {
  return { checklist: { ...onlyReachable, ...checklist } };
}

/** Two pods, of which one lags. */
export const lagging: Acks = { state: "waiting", pods: 2, matched: 1, lagging: ["pod-2"], lost: [], fenced: [] };

/** Findings that weigh, and those that are only observed. */
export function someHarm(more: Partial<Harm> = {}): Harm {
  return { findings: [], weighing: [], due: [], since: undefined, known: true, ...more };
}

/** A finding that the plan holds for. */
export function aFinding(message: string, more: Partial<Finding> = {}): Finding {
  return { rule: "alert", action: "Hold", message, ...more };
}

/** A verdict on the gate of scores. */
export function aVerdict(verdict: Verdict["verdict"], more: Partial<Verdict> = {}): Verdict {
  const facts = { value: 0, interval: null, n: 1000, limit: 0.05, windowSeconds: 60 };
  return { gate: "scoreDelta", verdict, ...facts, message: `scoreDelta: ${verdict}`, ...more };
}

/** An instant so many seconds before noon. */
export function ago(seconds: number): string {
  return new Date(noon - seconds * 1000).toISOString();
}
