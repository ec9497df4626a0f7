// What the Jobs that write to a store leave behind: the last words of a copy and of a sync, the summary of a repair.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { repairSummarySchema } from "@retriever/sidecar/contract/repair-summary.ts";
import { readTemplateDocument } from "#adapters/jobs/job-documents.ts";
import type { Observation } from "#core/model/observation.ts";
import { openWriter, type Writer } from "#core/verification/runs.ts";
import { readJobs } from "#observe/read-jobs.ts";
import type { JobPodRead } from "#ports/jobs.ts";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import type { Kind } from "./kind.ts";
import { mutated, oddWords, oneOf, type Random, textOf, valuesOf } from "./values.ts";

const deadline = { clock: new FakeClock(), deadlineMs: 1000, signal: new AbortController().signal };
const approvals = { roles: [{ name: "sre" }] };
const late = { ...shortPlan.rollback, verifyDriftAfter: "1m" };
const digest = "0".repeat(64);
const makeSummary = valuesOf(repairSummarySchema);

/** As a copy ends; a part of it decides whether it was enough. */
const copyWords = [
  "12 new, 0 over older ones, 0 were there already; equal",
  "1 new, 0 over older ones, 0 were there already; drift, 3 extra",
  "1 new, 0 over older ones, 0 were there already; drift, 3 missing, 1 extra, 2 stale",
  "0 new, 0 over older ones, 0 were there already; drift, 9 payload; 1 refused, a: too long",
] as const;

function oneWord(random: Random): string {
  const known = oneOf(random, [...copyWords, ...oddWords]);
  const end = oneOf(random, [
    "",
    "",
    "; drift, 1 extra",
    `${"x".repeat(Math.floor(random() * 310))}${"😀".repeat(400)}`,
  ]);
  return random() < 0.5 ? `${known}${end}` : textOf({ words: known }, random);
}

function repairWord(sim: Simulation, random: Random): string {
  const { source, destination } = sim.status;
  const own = {
    schema: 1,
    digest,
    source: source?.digest,
    destination: destination?.digest,
    to: "source",
    named: 7,
    written: 5,
    removed: 0,
    open: oneOf(random, [0, 0, 1, 7]),
  };
  const said = random() < 0.3 ? makeSummary(random) : random() < 0.3 ? own : mutated(own, random);
  return random() < 0.8 ? textOf(said, random) : oneWord(random);
}

type Leaving = {
  readonly name: string;
  readonly writer: Writer;
  readonly phases: readonly Phase[];
  readonly world: (phase: Phase) => Simulation;
  readonly wordOf: (sim: Simulation, random: Random) => string;
};

function kindOf({ writer, wordOf, ...kind }: Leaving): Kind {
  return {
    ...kind,
    tamper: async (truth, sim, random) => {
      const plan = sim.spec.ok ? sim.spec.value : undefined;
      if (plan === undefined) throw new Error("no plan");
      const run = openWriter(sim.status, writer);
      const pods = Array.from({ length: oneOf(random, [0, 1, 1, 1, 3]) }, (_, index) =>
        aPod(wordOf(sim, random), index, random),
      );
      const state = oneOf(random, ["running", "succeeded", "failed"] as const);
      const job = { uid: "j", createdAt: sim.now, message: oneOf(random, oddWords), partitions: 1, state };
      const containers = ["retriever-verify", `retriever-${writer}`];
      const template = readTemplateDocument({ metadata: { name: "t" }, spec: { suspend: random() < 0.8 } });
      const jobs = {
        readTemplate: async () => ({ ...template, containers }),
        listJobs: async () => (run === undefined ? [] : [{ ...job, name: run.job }]),
        listPods: async () => pods,
        readReportOf: async () => undefined,
      };
      const read = await readJobs({ meta: sim.meta, plan, status: sim.status }, { jobs } as never, deadline);
      return { seen: { ...truth, ...read }, count: run === undefined ? 0 : pods.length, mayRollBack: false };
    },
  };
}

function aPod(message: string, partition: number, random: Random): JobPodRead {
  const ended = { exitCode: oneOf(random, [0, 0, 1, 2, 137, -1]), at: oneOf(random, [0, 1e15, Number.NaN]), message };
  return { name: oneOf(random, oddWords), partition, ip: "", uid: "", reportPort: 0, running: false, ended };
}

const worlds = new Map<string, Simulation>();

/** Walked there once. */
function once(key: string, walk: () => Simulation): Simulation {
  const known = worlds.get(key) ?? walk();
  worlds.set(key, known);
  return known.clone();
}

function approve(sim: Simulation): Simulation {
  sim.act("Approve", { actor: "ada", role: "sre", planHash: sim.status.planHash });
  return sim;
}

function copyingAt(): Simulation {
  return once("copy", () => {
    const checklist = { ...onlyReachable, parity: { recheck: "2m", timeout: "10m" }, approvals };
    const sim = new Simulation({ spec: aSpec({ ...shortPlan, checklist, data: { copy: "IfIncomplete" } }) });
    sim.verifier.parity = { missing: 12 };
    return approve(sim.run(120)).run(15);
  });
}

export function syncedAt(phase: Phase): Simulation {
  return once(`sync ${phase}`, () => {
    const guard = { duration: "30m", deadline: "4h", minSamples: 50 };
    const checklist = { ...onlyReachable, approvals };
    const rollback = { ...shortPlan.rollback, verifyDriftAfter: "1s" };
    const asked = aSpec({ ...shortPlan, rollback, guard, checklist, data: { sync: "Continuous" } });
    return approve(new Simulation({ spec: asked, pods: 4 }).run(20)).until(phase);
  });
}

class Proved extends Simulation {
  /** What another one has come to. */
  static after(before: Simulation, spec: MigrationSpec): Proved {
    const sim = new Proved({ spec });
    sim.become(before);
    return sim;
  }

  override observation(): Observation {
    return {
      ...super.observation(),
      actIdentity: { ok: true, value: "proved" },
      policies: { ok: true, value: [] },
    };
  }
}

function repairingAt(): Simulation {
  return once("repair", () => {
    const spec = aSpec({ ...shortPlan, rollback: late });
    const sim = Proved.after(simulationAt("Guard", { spec }).run(120), spec);
    sim.verifier.keepsReports = true;
    sim.verifier.parity = { extra: 5, stale: 2 };
    sim.act("Rollback", { reason: "answers look wrong" });
    sim.until("RolledBack", 300).run(60);
    sim.act("RepairDrift", { digest });
    return sim.run(10);
  });
}

export const writerKinds: readonly Kind[] = [
  kindOf({
    name: "last words of a copy",
    writer: "copy",
    phases: ["Preflight"],
    world: copyingAt,
    wordOf: (_, random) => oneWord(random),
  }),
  kindOf({
    name: "last words of a sync",
    writer: "sync",
    phases: ["Ramp", "AwaitingCutover", "Guard"],
    world: syncedAt,
    wordOf: (_, random) => oneWord(random),
  }),
  kindOf({
    name: "summaries of a repair",
    writer: "repair",
    phases: ["RolledBack"],
    world: repairingAt,
    wordOf: repairWord,
  }),
];
