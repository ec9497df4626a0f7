// Each kind of document that somebody else writes: made hostile, and read the way the operator reads it.
import { latchingActs, migrationActSpecSchema } from "@retriever/crds/migration.ts";
import { overlayFileName } from "@retriever/sidecar/contract/overlay.ts";
import { sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { syncStatusSchema } from "@retriever/sidecar/contract/sync-status.ts";
import { verifySummarySchema } from "@retriever/sidecar/contract/verify-report.ts";
import { makeClusterActs } from "#adapters/cluster/cluster-acts.ts";
import { readPodDocument, readWorkloadDocument } from "#adapters/cluster/read-workload.ts";
import { readJobDocument, readTemplateDocument } from "#adapters/jobs/job-documents.ts";
import type { Observation } from "#core/model/observation.ts";
import type { PodObservation } from "#core/model/workload.ts";
import { makeActPick } from "#core/people/turns.ts";
import { openRun } from "#core/verification/runs.ts";
import { OperatorError } from "#errors.ts";
import { readBase } from "#observe/read-base.ts";
import { readJobs } from "#observe/read-jobs.ts";
import { readOverlay } from "#observe/read-overlay.ts";
import { intentAnnotation } from "#overlay-intent.ts";
import { baseText } from "#test/builders/search-app.ts";
import { aSummary } from "#test/builders/verification.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import type { Simulation } from "#test/simulate.ts";
import type { Kind } from "./kind.ts";
import { mutated, oddWords, oneOf, type Random, textOf, valuesOf } from "./values.ts";
import { syncedAt, writerKinds } from "./writer-kinds.ts";

const signal = new AbortController().signal;
const clock = new FakeClock();
const deadline = { clock, deadlineMs: 1000, signal };
const makeStatus = valuesOf(sidecarStatusSchema);
const makeSummary = valuesOf(verifySummarySchema);
const makeSync = valuesOf(syncStatusSchema);
const makeAct = valuesOf(migrationActSpecSchema);

/** One pod of four, which is less than a third. */
const lyingPods: Kind = {
  name: "statuses of pods",
  tamper: (truth, sim, random) => {
    if (!truth.pods.ok) throw new Error("no pods");
    const [honest, ...others] = truth.pods.value;
    if (honest === undefined || !honest.status.ok) throw new Error("no status");
    const { value } = honest.status;
    const said = random() < 0.5 ? makeStatus(random) : readStatus(mutated(value, random, 8));
    const config = random() < 0.5 ? value.config : { ...said?.config, migrationUid: sim.meta.uid };
    const told = said && {
      ...said,
      podUid: value.podUid,
      podName: value.podName,
      ...(random() < 0.7 ? { config } : {}),
    };
    const status: PodObservation["status"] =
      told === undefined ? { ok: false, why: "no status" } : { ok: true, value: sidecarStatusSchema.parse(told) };
    const pods = [{ ...honest, ...hostilePod(random), status }, ...others];
    return { seen: { ...truth, pods: { ok: true, value: pods } }, count: 1, mayRollBack: false };
  },
};

function readStatus(said: unknown) {
  return sidecarStatusSchema.safeParse(JSON.parse(JSON.stringify(said))).data;
}

/** The pod itself, whose annotation anybody with the right to patch pods may write. */
function hostilePod(random: Random): Partial<PodObservation> {
  const annotations = { "retriever.dev/config-epoch": oneOf(random, [...oddWords, "9".repeat(400), "1", "70e-1"]) };
  return { annotatedEpoch: readPodDocument({ metadata: { annotations } }).annotatedEpoch };
}

const forgedOverlays: Kind = {
  name: "overlays",
  tamper: async (truth, sim, random) => {
    if (!truth.overlay.ok || truth.overlay.value === null) return { seen: truth, count: 0, mayRollBack: true };
    const { document, intent } = truth.overlay.value;
    const text = textOf(mutated(document, random), random);
    const annotation = random() < 0.5 ? textOf(mutated(intent, random), random) : JSON.stringify(intent);
    const managedFields = [
      {
        manager: oneOf(random, ["helm", "x".repeat(200), "\u001b[2J"]),
        fieldsV1: { "f:data": { "f:migration.json": {} } },
      },
    ];
    const configMap = {
      name: "search-api-retriever-migration",
      version: { uid: "o", resourceVersion: String(Math.floor(random() * 3)) },
      data: random() < 0.05 ? {} : { [overlayFileName]: text },
      annotations: { [intentAnnotation]: annotation },
      finalizers: random() < 0.5 ? [] : ["retriever.dev/overlay"],
      deleting: random() < 0.2,
      foreignManagers: random() < 0.5 ? managedFields.map(({ manager }) => manager) : [],
    };
    const place = { namespace: "search", target: "search-api" };
    const overlay = await readOverlay(place, { readConfigMap: async () => configMap } as never, deadline);
    const says = overlay.ok ? overlay.value?.intent : null;
    const mayRollBack = says?.rollback !== null && says?.migrationUid === sim.meta.uid;
    return { seen: { ...truth, overlay }, count: 2, mayRollBack };
  },
};

const base: unknown = JSON.parse(baseText);
const hostileBases: Kind = {
  name: "bases and templates",
  tamper: (truth, _sim, random) => {
    const text = textOf(mutated(base, random), random);
    const template = mutated(workload(oneOf(random, oddWords)), random) as Parameters<typeof readWorkloadDocument>[0];
    const read = readTyped(() => readWorkloadDocument(template));
    const source = { configMap: "base", optional: false, items: null };
    const configMap = { ...emptyMap, data: { "retriever.json": text } };
    const found = readBase([{ source, configMap }]);
    const target: Observation["target"] = truth.target.ok
      ? {
          ok: true,
          value: {
            ...truth.target.value,
            ...(read === undefined ? {} : { replicas: read.replicas, hasSidecar: read.hasSidecar }),
            baseConfigMaps: found.configMaps,
            baseFaults: found.faults,
          } as never,
        }
      : truth.target;
    return { seen: { ...truth, target }, count: 2, mayRollBack: false };
  },
};

const emptyMap = { name: "base", data: {}, annotations: {}, finalizers: [], deleting: false, foreignManagers: [] };

/** The API server holds types: what it would refuse is no case. */
function readTyped<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof TypeError) return undefined;
    throw fault;
  }
}

function workload(word: string) {
  const mounts = [{ name: "config", mountPath: `/etc/${word}` }];
  const sidecar = { name: "retriever-sidecar", args: ["--config", word], volumeMounts: mounts };
  const volumes = [{ name: "config", configMap: { name: "base" } }];
  return { spec: { replicas: 3, template: { spec: { containers: [sidecar], volumes } } } };
}

const hostileActs: Kind = {
  name: "acts",
  tamper: async (truth, sim, random) => {
    const count = random() < 0.001 ? 5001 : 1 + Math.floor(random() * 20);
    const acts = Array.from({ length: count }, (_, index) => anAct(sim, random, index));
    const request = async () => ({ metadata: { resourceVersion: "1" }, items: acts });
    const pick = makeActPick(sim.status, sim.now);
    const { acts: read } = await makeClusterActs(request, clock).listActs(sim.meta, pick, signal);
    const mayRollBack = read.some(({ act, misfit }) => misfit === undefined && latchingActs.some((one) => one === act));
    return { seen: { ...truth, acts: { ok: true, value: read } }, count, mayRollBack };
  },
};

function anAct(sim: Simulation, random: Random, index: number) {
  const made = makeAct(random);
  const migration = { name: sim.meta.name, ...(random() < 0.8 ? { uid: sim.meta.uid } : {}) };
  // Those that go back are the right of whoever may create them: every tenth.
  const isLatching = latchingActs.some((one) => one === made.act) && random() < 0.9;
  const spec = { ...made, migration, act: isLatching ? "Resume" : made.act };
  const at = new Date(sim.now + oneOf(random, [-1e9, -1000, 0, 1e9])).toISOString();
  return {
    metadata: {
      name: `act-${index}`,
      uid: oneOf(random, [`uid-${index}`, `uid-${index}-${Math.floor(random() * 1e9)}`, "same"]),
      creationTimestamp: random() < 0.8 ? at : oneOf(random, oddWords),
      labels: random() < 0.8 ? { "retriever.dev/migration-uid": sim.meta.uid } : {},
    },
    spec: random() < 0.8 ? spec : mutated(spec, random),
  };
}

const hostileJobs: Kind = {
  name: "summaries and templates of Jobs",
  phases: ["Preflight", "VerifyingDrift", "AwaitingCutover"],
  tamper: async (truth, sim, random) => {
    const run = openRun(sim.status);
    const summary = random() < 0.5 ? makeSummary(random) : mutated(aSummary(), random);
    const job = readTyped(() =>
      readJobDocument(mutated(jobDocument(run?.job ?? "job"), random) as Parameters<typeof readJobDocument>[0]),
    );
    const ended = { exitCode: oneOf(random, [0, 1, 2, 137, -1]), at: sim.now, message: textOf(summary, random) };
    const pod = { name: oneOf(random, oddWords), partition: 0, ip: "", uid: "", reportPort: 0, running: false, ended };
    const template = readTemplateDocument({ metadata: { name: "t" }, spec: { suspend: random() < 0.8 } });
    const jobs = {
      readTemplate: async () => ({ ...template, containers: ["retriever-verify"] }),
      listJobs: async () => (job === undefined ? [] : [{ ...job, name: run?.job ?? job.name }]),
      listPods: async () => [pod],
      readReportOf: async () => {
        const kept = oneOf(random, [undefined, ...oddWords]);
        return kept === undefined ? undefined : { job: kept, digests: oddWords };
      },
    };
    const plan = sim.spec.ok ? sim.spec.value : undefined;
    if (plan === undefined) throw new Error("no plan");
    const read = await readJobs({ meta: sim.meta, plan, status: sim.status }, { jobs } as never, deadline);
    return { seen: { ...truth, ...read }, count: 3, mayRollBack: false };
  },
};

function jobDocument(name: string) {
  const conditions = [{ type: "Failed", status: "True", message: "a\u001b[31m" }];
  return { metadata: { name, uid: "j" }, spec: { completions: 1 }, status: { conditions } };
}

/** A sync that says what it likes, in a Job that the status knows of. */
const hostileSyncs: Kind = {
  name: "what a sync says of itself",
  phases: ["Ramp", "AwaitingCutover", "Guard"],
  world: syncedAt,
  tamper: async (truth, sim, random) => {
    const plan = sim.spec.ok ? sim.spec.value : undefined;
    if (plan === undefined) throw new Error("no plan");
    const { source, destination, sync } = sim.status;
    const told = mutated({ ...makeSync(random), source, destination }, random);
    const pod = {
      name: oneOf(random, oddWords),
      partition: 0,
      ip: "10.0.0.9",
      uid: "p",
      reportPort: 7091,
      running: true,
      ended: null,
    };
    const template = readTemplateDocument({ metadata: { name: "t" }, spec: { suspend: random() < 0.8 } });
    const jobs = {
      readTemplate: async () => ({ ...template, containers: ["retriever-sync", "retriever-verify"] }),
      listJobs: async () => [{ ...readJobDocument({ metadata: { name: sync?.job ?? "gone" } }), uid: "j" }],
      listPods: async () => (random() < 0.8 ? [pod] : [pod, pod]),
      readReportOf: async () => undefined,
    };
    const readSync = async () => {
      const parsed = syncStatusSchema.safeParse(JSON.parse(textOf(told, random)));
      if (parsed.success) return parsed.data;
      throw new OperatorError("ROP_SIDECAR_ANSWER_INVALID", "a sync that can't be read");
    };
    const deps = { jobs, reports: { readSync } } as never;
    const read = await readJobs({ meta: sim.meta, plan, status: sim.status }, deps, deadline);
    return { seen: { ...truth, ...read }, count: 1, mayRollBack: false };
  },
};

export const kinds: readonly Kind[] = [
  lyingPods,
  forgedOverlays,
  hostileBases,
  hostileActs,
  hostileJobs,
  hostileSyncs,
  ...writerKinds,
];
