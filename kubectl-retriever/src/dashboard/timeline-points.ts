// Moments of a migration as its charts draw them: from the records of its evidence, and from the status as it changes.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { totalsOf } from "@retriever/operator/core/pods/epoch-evidence.ts";
import { z } from "zod";

/** Values by gate, and what the epoch had counted until then. */
export type TimelinePoint = {
  /** Epoch ms. */
  readonly ms: number;
  readonly epoch: number;
  /** Null where a record doesn't say. */
  readonly sampleRate: number | null;
  readonly gates: readonly { readonly gate: string; readonly value: number | null; readonly limit: number }[];
  /** Mean over what the epoch had counted: how much lower the destination's recall is; null without a sample. */
  readonly recallLoss: number | null;
  readonly requests: number | null;
  readonly errors: number | null;
  /** Of the samples that both stores answered, those that were bad, by gate; null where a record doesn't say. */
  readonly samples: SampleCounts | null;
};

export type SampleCounts = { readonly answered: number } & Readonly<Record<CountedGate, number>>;
/** Gates whose samples are counted in the guard as well, where no gate is judged. */
export const countedGates = ["scoreDelta", "latencyDelta", "mismatch"] as const;
export type CountedGate = (typeof countedGates)[number];

/** As many as are kept of a migration. */
const mostPoints = 240;

/** The moment of a status. */
export function pointOfStatus(status: MigrationStatus, ms: number): TimelinePoint {
  const { epoch, revision, gates, evidence } = status;
  const totals = totalsOf(evidence);
  const isCounted = evidence?.epoch === epoch;
  return {
    ms,
    epoch,
    sampleRate: revision?.sampleRate ?? 0,
    gates: gates.map(({ gate, value, limit }) => ({ gate, value, limit })),
    recallLoss: isCounted ? recallLossOf(totals) : null,
    requests: isCounted ? totals.requests : null,
    errors: isCounted ? totals.errors : null,
    samples: isCounted ? samplesOf(totals) : null,
  };
}

const countersSchema = z.object({
  answered: z.number(),
  scoreWorse: z.number(),
  latencyWorse: z.number(),
  mismatch: z.number(),
});

function samplesOf(totals: unknown): SampleCounts | null {
  const counters = countersSchema.safeParse(totals).data;
  if (counters === undefined) return null;
  const { answered, scoreWorse, latencyWorse, mismatch } = counters;
  return { answered, scoreDelta: scoreWorse, latencyDelta: latencyWorse, mismatch };
}

const recallSchema = z.object({ recallSamples: z.number(), recallLossSum: z.number(), recallGainSum: z.number() });

function recallLossOf(totals: unknown): number | null {
  const recall = recallSchema.safeParse(totals).data;
  if (recall === undefined || recall.recallSamples <= 0) return null;
  return (recall.recallLossSum - recall.recallGainSum) / recall.recallSamples;
}

const count = z.number().nullish().catch(null);
/** What is read of a record; whatever else is there is passed over. */
const recordSchema = z.object({
  at: z.string(),
  epoch: z.number(),
  verdicts: z.array(z.object({ gate: z.string(), value: z.number().nullable(), limit: z.number() })),
  totals: z.looseObject({ requests: count, errors: count }).nullish(),
  decision: z
    .object({ status: z.object({ set: z.object({ revision: z.object({ sampleRate: z.number() }).optional() }) }) })
    .optional(),
});

/** The moment of a record; nothing where it can't be read: charts prove nothing, `replay` does. */
export function pointOfRecord(line: string): TimelinePoint | undefined {
  const record = recordSchema.safeParse(parseJson(line)).data;
  const ms = Date.parse(record?.at ?? "");
  if (record === undefined || Number.isNaN(ms)) return undefined;
  const { epoch, verdicts, decision } = record;
  const totals: { readonly requests?: number | null | undefined; readonly errors?: number | null | undefined } =
    record.totals ?? {};
  return {
    ms,
    epoch,
    sampleRate: decision?.status.set.revision?.sampleRate ?? null,
    gates: verdicts,
    recallLoss: recallLossOf(totals),
    requests: totals.requests ?? null,
    errors: totals.errors ?? null,
    samples: samplesOf(totals),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** In their order; where there are too many one of several stays, and the newest always. */
export function joined(older: readonly TimelinePoint[], newer: readonly TimelinePoint[]): readonly TimelinePoint[] {
  const begun = newer[0]?.ms ?? Number.POSITIVE_INFINITY;
  const all = [...older.filter(({ ms }) => ms < begun), ...newer];
  const every = Math.ceil(all.length / mostPoints);
  return every === 1 ? all : all.filter((_, index) => (all.length - 1 - index) % every === 0);
}
