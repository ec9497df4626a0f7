// The series of migrations. Of each migration one short text is kept, and its seventy series are made when somebody asks:
// kept as series, a thousand migrations that are over would hold tens of MiB.
import type { HarmLine } from "@retriever/crds/status/harm-status.ts";
import { conditionTypes, type MigrationStatus, type Phase, phases } from "@retriever/crds/status/migration-status.ts";
import { readPlan } from "#core/model/accepted-plan.ts";
import { type MetricName, type MetricRow, metricTable } from "./metric-table.ts";

export type MigrationFacts = {
  readonly namespace: string;
  readonly name: string;
  readonly target: string;
  readonly status: MigrationStatus;
};

type Labels = Readonly<Record<string, string>>;
const verdicts = ["Pass", "Fail", "NotYet", "Unknown"] as const;
const conditionStates = ["True", "False", "Unknown"] as const;

/** Phases in which evidence of harm is gathered; what the status keeps of it later must not fire for ever. */
const judgedPhases: readonly Phase[] = ["WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard"];

/** What is told of a line of harm. Its slice by index: the name of a tenant's namespace stays in the status. */
type ToldLine = Pick<HarmLine, "line" | "slice" | "limit" | "evidence"> & { readonly share: number | null };

function toldLines({ phase, epoch, detection }: MigrationStatus): readonly ToldLine[] {
  if (detection?.epoch !== epoch || !judgedPhases.includes(phase)) return [];
  return detection.lines.map(({ line, slice, limit, evidence, bad, n, clock }) => {
    // Since it stands, where it does: the good time before says nothing of the harm.
    const seen = clock !== undefined && clock.n > 0 ? clock : { bad, n };
    const share = seen.n > 0 ? Math.min(1, Math.max(0, seen.bad / seen.n)) : null;
    return { line, slice, limit, evidence, share };
  });
}

/** What a sample may differ by the plan, where samples are judged. */
function deltasOf({ phase, plan: text }: MigrationStatus): KeptStatus["deltas"] {
  const plan = judgedPhases.includes(phase) ? readPlan(text) : undefined;
  if (plan === undefined) return undefined;
  const { latencyDelta, scoreDelta } = plan.thresholds;
  return { latencyMs: latencyDelta.limitMs, score: scoreDelta.limit };
}

/** Whether the series of a metric are one migration's each. */
export function isOfMigrations({ labels }: MetricRow): boolean {
  return labels[0] === "namespace" && labels[1] === "name";
}

type KeptStatus = Pick<MigrationStatus, "planHash" | "phase" | "epoch"> & {
  readonly source?: { readonly kind: string };
  readonly destination?: { readonly kind: string };
  readonly revision?: { readonly sampleRate: number };
  readonly conditions: readonly Pick<MigrationStatus["conditions"][number], "type" | "status">[];
  readonly gates: readonly Pick<MigrationStatus["gates"][number], "gate" | "value" | "limit" | "n" | "verdict">[];
  readonly acks?: Pick<NonNullable<MigrationStatus["acks"]>, "pods" | "matched"> & { readonly fenced: number };
  readonly guard?: Pick<NonNullable<MigrationStatus["guard"]>, "watchedSeconds" | "idleSeconds" | "unobservedSeconds">;
  readonly harmLines: readonly ToldLine[];
  readonly deltas?: { readonly latencyMs: number; readonly score: number };
};
type KeptFacts = Omit<MigrationFacts, "status"> & { readonly status: KeptStatus };

/** What the series of a migration need, as text. */
export function keepFacts({ namespace, name, target, status }: MigrationFacts): string {
  const { planHash, phase, epoch, source, destination, revision, acks, guard } = status;
  const kept: { readonly [Name in keyof KeptStatus]: KeptStatus[Name] | undefined } = {
    planHash,
    phase,
    epoch,
    source: source && { kind: source.kind },
    destination: destination && { kind: destination.kind },
    revision: revision && { sampleRate: revision.sampleRate },
    conditions: status.conditions.map(({ type, status }) => ({ type, status })),
    gates: status.gates.map(({ gate, value, limit, n, verdict }) => ({ gate, value, limit, n, verdict })),
    acks: acks && { pods: acks.pods, matched: acks.matched, fenced: countFenced(status) },
    guard: guard && {
      watchedSeconds: guard.watchedSeconds,
      idleSeconds: guard.idleSeconds,
      unobservedSeconds: guard.unobservedSeconds,
    },
    harmLines: toldLines(status),
    deltas: deltasOf(status),
  };
  return JSON.stringify({ namespace, name, target, status: kept });
}

/** Exposition text of all migrations' metrics, from what `keepFacts` gave. */
export function renderMigrations(kept: Iterable<string>): string {
  const lines = new Map<MetricName, string[]>();
  for (const text of kept) {
    for (const { metric, labels, value } of seriesOf(JSON.parse(text) as KeptFacts)) {
      const own = lines.get(metric) ?? [];
      if (own.length === 0) lines.set(metric, own);
      own.push(`${metric}{${printLabels(labels)}} ${value}\n`);
    }
  }
  return metricTable
    .filter(isOfMigrations)
    .map(
      ({ name, kind, help }) => `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${(lines.get(name) ?? []).join("")}\n`,
    )
    .join("");
}

function printLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value.replace(/[\\"\n]/g, (one) => (one === "\n" ? "\\n" : `\\${one}`))}"`)
    .join(",");
}

type Series = { readonly metric: MetricName; readonly labels: Labels; readonly value: number };

function seriesOf({ namespace, name, target, status }: KeptFacts): Series[] {
  const own = { namespace, name };
  const series = (metric: MetricName, labels: Labels, value: number): Series => ({
    metric,
    labels: { ...own, ...labels },
    value,
  });
  const { source, destination, planHash, revision, acks, guard, deltas } = status;
  const about = { target, source: source?.kind ?? "", destination: destination?.kind ?? "", plan: planHash };
  return [
    series("retriever_migration_info", about, 1),
    ...phases.map((phase) => series("retriever_migration_phase", { phase }, phase === status.phase ? 1 : 0)),
    series("retriever_migration_epoch", { target }, status.epoch),
    series("retriever_migration_sample_rate", { target }, revision?.sampleRate ?? 0),
    ...conditionSeries(status, series),
    ...gateSeries(status, series),
    ...harmSeries(target, status, series),
    ...(deltas === undefined
      ? []
      : [
          series("retriever_migration_latency_delta_limit_seconds", { target }, deltas.latencyMs / 1000),
          series("retriever_migration_score_delta_limit", { target }, deltas.score),
        ]),
    ...(acks === undefined
      ? []
      : [
          series("retriever_migration_pods", { state: "all" }, acks.pods),
          series("retriever_migration_pods", { state: "confirmed" }, acks.matched),
          series("retriever_migration_pods", { state: "fenced" }, acks.fenced),
        ]),
    ...(guard === undefined
      ? []
      : [
          series("retriever_migration_guard_seconds", { clock: "watched" }, guard.watchedSeconds),
          series("retriever_migration_guard_seconds", { clock: "idle" }, guard.idleSeconds),
          series("retriever_migration_guard_seconds", { clock: "unobserved" }, guard.unobservedSeconds),
        ]),
  ];
}

/** A status names no more of them; how many the cutover went on without is known. */
const mostNamed = 20;

function countFenced({ acks, cutover }: MigrationStatus): number {
  const named = acks?.fenced?.length ?? 0;
  return named < mostNamed ? named : Math.max(named, cutover?.fencedPods ?? 0);
}

type MakeSeries = (metric: MetricName, labels: Labels, value: number) => Series;

function conditionSeries(status: KeptStatus, series: MakeSeries): Series[] {
  return conditionTypes.flatMap((type) => {
    const present = status.conditions.find((condition) => condition.type === type);
    if (present === undefined) return [];
    return conditionStates.map((state) =>
      series(
        "retriever_migration_condition",
        { condition: type, status: state.toLowerCase() },
        state === present.status ? 1 : 0,
      ),
    );
  });
}

function gateSeries(status: KeptStatus, series: MakeSeries): Series[] {
  return status.gates.flatMap(({ gate, value, limit, n, verdict }) => [
    ...(value === null ? [] : [series("retriever_migration_gate_value", { gate }, value)]),
    series("retriever_migration_gate_limit", { gate }, limit),
    series("retriever_migration_gate_samples", { gate }, n),
    ...verdicts.map((word) =>
      series("retriever_migration_gate_verdict", { gate, verdict: word }, word === verdict ? 1 : 0),
    ),
  ]);
}

function harmSeries(target: string, { harmLines }: KeptStatus, series: MakeSeries): Series[] {
  return harmLines.flatMap(({ line, slice, limit, share, evidence }) => {
    const labels = { target, line, slice: slice === null ? "all" : `${slice}` };
    return [
      series("retriever_migration_harm_limit", labels, limit),
      ...(share === null ? [] : [series("retriever_migration_harm_share", labels, share)]),
      series("retriever_migration_harm_evidence", labels, evidence),
      series("retriever_migration_harm_stands", labels, evidence >= 1 ? 1 : 0),
    ];
  });
}
