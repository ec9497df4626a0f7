// Migrations in every phase on the embedded API, each with as full a status as an operator leaves there.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import { resolveChecks } from "@retriever/crds/spec/resolve-checks.ts";
import { type MigrationStatus, type Phase, phases } from "@retriever/crds/status/migration-status.ts";
import { legalSteps } from "@retriever/crds/status/phase-steps.ts";
import { rehearsedMoments } from "@retriever/kubectl/test/rehearse/moments.ts";
import { noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { evidenceLabel } from "@retriever/sidecar/contract/names.ts";
import { parse } from "yaml";
import { type EmbeddedApi, startApi } from "#clusters/embedded/api/start-api.ts";
import { makeKubeClient } from "#support/kube/client.ts";
import { installDefinitions } from "#support/kube/definitions.ts";

const manifest = join(import.meta.dirname, "../../examples/default/migration.yaml");
const place = { group: "retriever.dev", version: "v1alpha1", plural: "retrievermigrations" } as const;
export const namespace = "search";

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

const gate = (name: string, value: number, verdict: "Pass" | "Fail" | "NotYet"): MigrationStatus["gates"][number] => ({
  gate: name,
  verdict,
  value,
  interval: [value * 0.7, value * 1.4],
  n: 5166,
  limit: 0.05,
  windowSeconds: 300,
  message: `${name}: ${Number((value * 100).toFixed(2))} % of 5,166 samples are bad, limit 5 %`,
});

const condition = (
  type: MigrationStatus["conditions"][number]["type"],
  status: "True" | "False" | "Unknown",
  message: string,
) => ({
  type,
  status,
  reason: "Observed",
  message,
  lastTransitionTime: minutesAgo(90),
  observedGeneration: 1,
});

const identity = (kind: string, digit: string) => {
  const digest = digit.repeat(32);
  return { kind, label: `${kind} ${kind}.search.svc/chunks`, digest, placeDigest: digest };
};

const isPast = (phase: Phase) => ["Guard", "Completed"].includes(phase);
const isBack = (phase: Phase) => ["RollingBack", "VerifyingDrift", "RolledBack"].includes(phase);
const isCounted = (phase: Phase) => !["Pending", "Preflight", "AwaitingApproval"].includes(phase);
const slower = "slower by at least 80 ms in 97 % of 630 samples";

type Accepted = { readonly plan: string; readonly hash: string; readonly pods: number };

/** As full as the phase gets. */
function statusIn(phase: Phase, { plan, hash, pods }: Accepted): Partial<MigrationStatus> {
  const since = minutesAgo(41);
  return {
    observedGeneration: 1,
    phase,
    phaseStartedAt: since,
    message: isBack(phase)
      ? `rolling back to pgvector: ${slower}`
      : "latency gate is undecided; 1,134 samples to go, about 9 min at 2.1/s",
    epoch: 7,
    plan,
    planHash: hash,
    source: identity("pgvector", "a"),
    destination: identity("qdrant", "b"),
    acks: { pods, matched: pods - 1, lagging: ["search-api-7d9f-abcde"], lost: [] },
    ...(isCounted(phase) ? { evidence: evidenceOf(pods, since) } : {}),
    ...configuredIn(phase, since),
    ...judgedIn(phase, since),
    history: phases.slice(0, phases.indexOf(phase) + 1).map((step, index) => ({
      at: minutesAgo(600 - index * 30),
      phase: step,
      epoch: index,
      reason: "StepTaken",
      message: `every check of ${step} held`,
    })),
  };
}

/** What the pods of an epoch counted, in groups of at most twelve as the operator keeps them. */
function evidenceOf(pods: number, recordedAt: string): NonNullable<MigrationStatus["evidence"]> {
  const groups = Array.from({ length: Math.min(12, pods) }, (_, group) => ({
    requests: 900,
    samples: 45,
    exact: 40,
    content: 3,
    processes: Array.from(
      { length: Math.ceil((pods - group) / 12) },
      (_process, index) => `k3j9x0${group}${index} 9f3c 1893499200 12`,
    ),
  }));
  return {
    epoch: 7,
    recordedAt,
    counted: { ...noCounters(), requests: 98_000, answered: 5166 },
    lost: 0,
    groups,
    vanishedPods: 0,
  };
}

const unprobed = {
  check: "reachable",
  status: "Unknown",
  reason: "NotProbed",
  message: "3 of 12 pods have not answered yet whether they reach qdrant.search.svc",
  answeredBy: "each pod, at its next probe",
} as const;

function configuredIn(phase: Phase, since: string): Partial<MigrationStatus> {
  const shadow = isPast(phase) ? "source" : "destination";
  return {
    revision: {
      epoch: 7,
      primary: isPast(phase) ? "destination" : "source",
      shadow: isBack(phase) ? "none" : shadow,
      sampleRate: isCounted(phase) ? 0.05 : 0,
      released: false,
      at: since,
    },
    ...(isCounted(phase) ? {} : { openChecks: [unprobed] }),
    conditions: [
      condition("Accepted", "True", "the plan is accepted"),
      condition("Reachable", "Unknown", unprobed.message),
      condition(
        "RollbackReady",
        isBack(phase) ? "Unknown" : "True",
        "the source answers in 9 ms, its newest chunk is 12 s old",
      ),
      condition("Ready", "True", "doing what was asked"),
    ],
  };
}

function judgedIn(phase: Phase, since: string): Partial<MigrationStatus> {
  const guard = {
    startedAt: since,
    tickedAt: minutesAgo(0),
    visibility: "watched",
    watchedSeconds: 7500,
    idleSeconds: 60,
    unobservedSeconds: 30,
  } as const;
  const rollback = { at: since, from: "Guard", reason: "HarmFound", causes: [slower], actor: "user-b" } as const;
  if (!isCounted(phase)) return {};
  return {
    gates: [
      gate("scoreDelta", 0.009, "Pass"),
      gate("latencyDelta", 0.046, "NotYet"),
      gate("mismatch", 0.004, "Pass"),
      gate("shadowErrors", 0.0001, "Pass"),
    ],
    stage: { index: 1, count: 3, sampleRate: 0.05, startedAt: since },
    ...(phase === "Guard" ? { guard } : {}),
    ...(isBack(phase) ? { rollback: { ...rollback, causes: [...rollback.causes] } } : {}),
  };
}

/** The phases that lead to one, in their order. */
function wayTo(phase: Phase): readonly Phase[] {
  const ways: Phase[][] = [["Pending"]];
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? "Pending";
    if (last === phase) return way;
    const next = legalSteps[last].filter((step) => !(last === "Pending" && step !== "Preflight"));
    for (const step of next) if (!way.includes(step)) ways.push([...way, step]);
  }
  throw new Error(`no way to ${phase}`);
}

export type PhaseCluster = {
  readonly api: EmbeddedApi;
  /** A migration in a phase, with so many pods. */
  readonly create: (name: string, phase: Phase, pods?: number) => void;
  /** Writes a part of a migration's status. */
  readonly patch: (name: string, status: object) => void;
  readonly uidOf: (name: string) => string;
};

type Subject = { readonly api: EmbeddedApi; readonly name: string; readonly uid: string };

/** As many as fit into a ConfigMap. */
const recordsOfMap = 100;

/** Where the dashboard reads what its charts show. */
function keepEvidence({ api, name, uid }: Subject, records: readonly string[]): void {
  for (let from = 0; from < records.length; from += recordsOfMap) {
    const keys = records.slice(from, from + recordsOfMap).map((text, index) => [from + index, text] as const);
    const data = Object.fromEntries(keys.map(([seq, text]) => [`${String(seq).padStart(9, "0")}.json`, text]));
    const number = String(from / recordsOfMap + 1).padStart(3, "0");
    const metadata = { name: `${name}-evidence-${number}`, namespace, labels: { [evidenceLabel]: uid } };
    api.direct({ verb: "create", group: "", version: "v1", plural: "configmaps", namespace, body: { metadata, data } });
  }
}

/** One migration for each phase, named after it. */
export async function startPhases(directory: string): Promise<PhaseCluster> {
  const api = await startApi({ directory });
  const client = makeKubeClient(api.kubeconfigPath("admin"));
  await installDefinitions(client);
  await client.close();
  const example = parse(await readFile(manifest, "utf8")) as { readonly spec: object };
  const spec = resolveChecks(migrationSpecSchema.parse(example.spec));
  const [plan, hash] = [JSON.stringify(spec), planHash(spec)];
  const at = { ...place, namespace };
  const contentType = "application/merge-patch+json";
  const patch = (name: string, status: object) =>
    void api.direct({ verb: "patch", ...at, name, subresource: "status", contentType, body: { status } });
  const uidOf = (name: string) =>
    (api.direct({ verb: "get", ...at, name }) as { readonly metadata: { readonly uid: string } }).metadata.uid;
  const createWith = (name: string, phase: Phase, status: object) => {
    api.direct({ verb: "create", ...at, body: { ...example, metadata: { name } } });
    for (const step of wayTo(phase)) patch(name, { phase: step });
    // Whole: to a merge patch a field that is null isn't there.
    const object = api.direct({ verb: "get", ...at, name }) as object;
    api.direct({ verb: "update", ...at, name, subresource: "status", body: { ...object, status } });
  };
  const create = (name: string, phase: Phase, pods = 12) =>
    createWith(name, phase, statusIn(phase, { plan, hash, pods }));
  api.direct({
    verb: "create",
    group: "",
    version: "v1",
    plural: "namespaces",
    body: { metadata: { name: namespace } },
  });
  const rehearsed = rehearsedMoments();
  for (const phase of phases) if (!rehearsed.some((one) => one.phase === phase)) create(nameOf(phase), phase);
  for (const { phase, status, records } of rehearsed) {
    const name = nameOf(phase);
    createWith(name, phase, status);
    keepEvidence({ api, name, uid: uidOf(name) }, records);
  }
  return { api, create, patch, uidOf };
}

/** Name of the migration in a phase. */
export function nameOf(phase: Phase): string {
  return `docs-${phase.toLowerCase()}`;
}
