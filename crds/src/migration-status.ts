// The status of a RetrieverMigration: everything the operator must remember lives here and nowhere else.
import { countersSchema } from "@retriever/sidecar/contract/evidence.ts";
import { identitySchema } from "@retriever/sidecar/contract/status.ts";
import { z } from "zod";
import { outboxMessageSchema } from "./outbox-status.ts";
import { smokeTestStatusSchema, verificationStatusSchema } from "./verification-status.ts";

export const phases = [
  "Pending",
  "Preflight",
  "AwaitingApproval",
  "WarmUp",
  "Ramp",
  "AwaitingCutover",
  "CuttingOver",
  "Guard",
  "Completed",
  "RollingBack",
  "VerifyingDrift",
  "RolledBack",
  "Validated",
] as const;
export type Phase = (typeof phases)[number];

export const conditionTypes = [
  "Accepted",
  "Reachable",
  "ParityVerified",
  "AlertsArmed",
  "Approved",
  "MetricsHealthy",
  "ConfigPropagated",
  "RollbackReady",
  "CutOver",
  "GuardPassed",
  "RolledBack",
  "Reconciled",
  "Settled",
  "PostmortemDue",
  "Paused",
  "Ready",
  "Succeeded",
  "Reconciling",
  "Stalled",
] as const;
export type ConditionType = (typeof conditionTypes)[number];

const instant = z.string().max(40);
const reason = z
  .string()
  .max(128)
  .regex(/^[A-Za-z][A-Za-z0-9]*$/);
const sentence = z.string().max(2048);
/** Name, UID or the like: bounded, since the API server prices a rule by the longest value it may meet. */
const shortName = z.string().max(253);

export const conditionSchema = z.strictObject({
  type: z.enum(conditionTypes),
  status: z.enum(["True", "False", "Unknown"]),
  reason,
  message: sentence,
  lastTransitionTime: instant,
  observedGeneration: z.int(),
});
export type Condition = z.infer<typeof conditionSchema>;

/** A verdict of one gate, with everything a reader needs to check it. */
export const verdictSchema = z.strictObject({
  gate: z.string().max(40),
  verdict: z.enum(["Pass", "Fail", "NotYet", "Unknown"]),
  /** Observed share or mean, and an interval that holds it at all looks together in 95 % of the epochs. */
  value: z.number().nullable(),
  interval: z.array(z.number()).length(2).nullable(),
  n: z.number(),
  limit: z.number(),
  windowSeconds: z.number(),
  message: sentence,
});
export type Verdict = z.infer<typeof verdictSchema>;

/** What the sidecars are told; the intent, written before the overlay. */
export const revisionSchema = z.strictObject({
  epoch: z.int().min(1),
  primary: z.enum(["source", "destination"]),
  shadow: z.enum(["source", "destination", "none"]),
  sampleRate: z.number().min(0).max(1),
  released: z.boolean(),
  at: instant,
});
export type Revision = z.infer<typeof revisionSchema>;

const podEvidenceSchema = z.strictObject({ uid: shortName, startId: shortName, counters: countersSchema });

/** Counters of one epoch over all pods, including those that are gone. */
export const epochEvidenceSchema = z.strictObject({
  epoch: z.int(),
  recordedAt: instant,
  pods: z.array(podEvidenceSchema).max(500),
  /** Totals of pods (or processes) that are gone. */
  vanished: countersSchema,
  vanishedPods: z.int(),
});
export type EpochEvidence = z.infer<typeof epochEvidenceSchema>;

const gateWindowsSchema = z.strictObject({
  gate: z.string().max(40),
  /** Totals of the epoch when the open window began. */
  openBad: z.number(),
  openN: z.number(),
  /** Sums over the closed windows with a sample: how many, bad, samples, bad² / samples. */
  windows: z.int().min(0),
  bad: z.number(),
  n: z.number(),
  squares: z.number(),
});

/** What the gates know of bursts: sums over the windows of an epoch, enough to go on after any restart. */
export const dispersionStateSchema = z.strictObject({
  epoch: z.int(),
  openedAt: instant,
  gates: z.array(gateWindowsSchema).max(12),
});
export type DispersionState = z.infer<typeof dispersionStateSchema>;

export const baselineSchema = z.strictObject({
  requests: z.number(),
  errorShare: z.number(),
  emptyShare: z.number(),
  p95Ms: z.number(),
  /** Share of top-1 mismatches in the warm-up; null until measured. */
  mismatchShare: z.number().nullable(),
  /** Samples that `mismatchShare` rests on. */
  mismatchSamples: z.number().optional(),
  requestsPerSecond: z.number(),
});
export type Baseline = z.infer<typeof baselineSchema>;

export const sourceBaselineSchema = z.strictObject({
  requests: z.number(),
  requestsPerSecond: z.number(),
  errorShare: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  at: instant,
});
export type SourceBaseline = z.infer<typeof sourceBaselineSchema>;

const historyEntrySchema = z.strictObject({
  at: instant,
  phase: z.enum(phases),
  epoch: z.int(),
  reason,
  message: sentence,
});

export const rollbackStatusSchema = z.strictObject({
  at: instant,
  /** Phase it was decided in. */
  from: z.enum(phases),
  reason,
  /** All causes that were found, most severe first. */
  causes: z.array(sentence).max(10),
  /** Act that asked for it; null when the operator decided. */
  actor: z.string().max(253).nullable(),
  /** After a rollback from the destination: whether the source does as it did before the migration. */
  baseline: z.enum(["Confirmed", "Differs", "NotMeasured"]).optional(),
});

const approvalStatusSchema = z.strictObject({
  role: z.string().max(63),
  actor: shortName,
  at: instant,
  /** From here on it doesn't count any more. */
  until: instant,
});
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

const waiverStatusSchema = z.strictObject({
  check: z.string().max(63),
  actor: shortName,
  reason: sentence,
  at: instant,
});
export type WaiverStatus = z.infer<typeof waiverStatusSchema>;

export const migrationStatusSchema = z.strictObject({
  observedGeneration: z.int().default(-1),
  phase: z.enum(phases).default("Pending"),
  /** One sentence: why it isn't moving, and what would move it. */
  message: sentence.default(""),
  conditions: z.array(conditionSchema).max(30).default([]),
  phaseStartedAt: instant.optional(),
  /** Hash of the accepted plan; empty before acceptance. */
  planHash: z.string().max(64).default(""),
  /** Accepted effective spec as JSON: decisions follow it, not later edits. */
  plan: z.string().max(65_536).default(""),
  source: identitySchema.optional(),
  destination: identitySchema.optional(),
  epoch: z.int().min(0).default(0),
  revision: revisionSchema.optional(),
  stage: z
    .strictObject({
      index: z.int().min(0),
      count: z.int().min(1),
      sampleRate: z.number(),
      /** When all pods had acknowledged and the first sample had arrived. */
      startedAt: instant.optional(),
    })
    .optional(),
  gates: z.array(verdictSchema).max(12).default([]),
  evidence: epochEvidenceSchema.optional(),
  dispersion: dispersionStateSchema.optional(),
  baseline: baselineSchema.optional(),
  /** What the source did before the first sample. */
  sourceBaseline: sourceBaselineSchema.optional(),
  /** Load right before the cutover. */
  throughput: z.strictObject({ requestsPerSecond: z.number() }).optional(),
  acks: z
    .strictObject({
      pods: z.int(),
      matched: z.int(),
      lagging: z.array(shortName).max(20),
      lost: z.array(shortName).max(20),
    })
    .optional(),
  guard: z
    .strictObject({
      startedAt: instant,
      tickedAt: instant,
      /** What the last look saw: the time after it counts by this and by what the next look sees. */
      sight: z.enum(["healthy", "idle", "blind", "held"]).default("blind"),
      healthySeconds: z.number(),
      idleSeconds: z.number(),
      blindSeconds: z.number(),
    })
    .optional(),
  harm: z
    .strictObject({
      /** Since when the alert's condition has held without a gap. */
      alertSince: instant.optional(),
      causes: z.array(sentence).max(10).default([]),
      /** How often the rate was stepped down. */
      stepDowns: z.int().default(0),
      /** Set while rises are held until a person resumes. */
      heldSince: instant.optional(),
      /** Newest firing sample of a Prometheus that was judged. */
      firingUntil: instant.optional(),
    })
    .optional(),
  acts: z
    .strictObject({
      paused: z.boolean().default(false),
      /** UIDs of the acts that took effect, newest last. */
      seen: z.array(shortName).max(50).default([]),
      promotedBy: shortName.optional(),
      /** Who let a plan run again that had been rolled back. */
      retriedBy: shortName.optional(),
      /** Approvals of the accepted plan, one per person and role; newest last. */
      approvals: z.array(approvalStatusSchema).max(50).optional(),
      /** Checks that a person waived while they were Unknown. */
      waived: z.array(waiverStatusSchema).max(10).optional(),
      latched: z
        .strictObject({ act: z.enum(["Abort", "Rollback"]), actor: z.string().max(253), reason: sentence, at: instant })
        .optional(),
    })
    .optional(),
  rollback: rollbackStatusSchema.optional(),
  /** Comparisons of the stores: under way, and the newest result of each purpose. */
  verification: verificationStatusSchema.optional(),
  /** The newest run of each smoke test. */
  smokeTests: z.array(smokeTestStatusSchema).max(10).optional(),
  /** Of mode Validate: since when, and what it ended with. */
  validation: z.strictObject({ startedAt: instant, result: z.string().max(64).optional() }).optional(),
  /** Messages for the sinks, delivered at least once. */
  outbox: z.array(outboxMessageSchema).max(50).optional(),
  /** Who recorded the postmortem; its words stand in the act. */
  postmortem: z.strictObject({ at: instant, actor: shortName, act: shortName }).optional(),
  skippedChecks: z.array(shortName).max(10).default([]),
  cutoverAt: instant.optional(),
  completedAt: instant.optional(),
  history: z.array(historyEntrySchema).max(20).default([]),
});

export type MigrationStatus = z.infer<typeof migrationStatusSchema>;
