// The spec of a RetrieverMigration. Every default is the runbook's value.

import { latencyDeltaThresholdMs, p95BadShare, scoreDeltaThreshold } from "@retriever/sidecar/contract/thresholds.ts";
import { overlayAdapterSchema } from "@retriever/stores/kinds.ts";
import { z } from "zod";
import { checklistSchema } from "./checklist-spec.ts";
import { durationSchema } from "./duration.ts";
import { timeOfDaySchema, timeZoneSchema } from "./time-window.ts";

const share = z.number().min(0).max(1);
const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "expected the name of an object");

/** What a breached line does. Observe only reports. */
export const harmActionSchema = z.enum(["StepDown", "Hold", "Rollback", "Observe"]);
export type HarmAction = z.infer<typeof harmActionSchema>;

const actions = {
  beforeCutover: z.enum(["StepDown", "Hold", "Observe"]).default("StepDown"),
  afterCutover: z.enum(["Hold", "Rollback", "Observe"]).default("Rollback"),
};

export const stageSchema = z.strictObject({
  /** Share of requests that also ask the destination, 0..1. */
  sampleRate: z.number().gt(0).max(1),
  minDuration: durationSchema.default("45m"),
  minSamples: z.int().min(1).max(1_000_000_000).default(1000),
  /** A stage whose gates haven't decided by then calls a person; it never ends unproved. */
  deadline: durationSchema.default("24h"),
  /** The stage lasts until this time of a day was sampled from beginning to end: a region's peak. */
  untilPeak: z.strictObject({ timeZone: timeZoneSchema, from: timeOfDaySchema, to: timeOfDaySchema }).optional(),
});
export type Stage = z.infer<typeof stageSchema>;

const thresholdsSchema = z.strictObject({
  scoreDelta: z
    .strictObject({
      limit: z.number().gt(0).max(1).default(scoreDeltaThreshold),
      badShare: share.default(p95BadShare),
      ...actions,
    })
    .prefault({}),
  latencyDelta: z
    .strictObject({
      /** From 1 ms on: less is a number of seconds by mistake. */
      limitMs: z.number().min(1).max(60_000).default(latencyDeltaThresholdMs),
      badShare: share.default(p95BadShare),
      ...actions,
    })
    .prefault({}),
  mismatch: z
    .strictObject({
      /** Allowed above the baseline measured in the warm-up. */
      overBaseline: share.default(0.05),
      /** No warm-up passes above this, whatever the corpus. */
      ceiling: share.default(0.2),
      ...actions,
    })
    .prefault({}),
  overlap: z
    .strictObject({
      /**
       * Chunks in both answers, on average. Between what damage was measured to leave (0.5 with half of the chunks
       * missing or binary vectors without rescoring) and what two healthy indexes share at a weak preset (0.72).
       */
      floor: share.default(0.6),
      beforeCutover: actions.beforeCutover,
    })
    .prefault({}),
  shadowErrors: z.strictObject({ badShare: share.default(0.001), ...actions }).prefault({}),
  /** The new primary against the baseline, over all requests, from the cutover on. */
  livePrimary: z
    .strictObject({
      errorsOverBaseline: share.default(0.01),
      emptyOverBaseline: share.default(0.05),
      p95OverBaselineMs: z.number().min(1).max(60_000).default(latencyDeltaThresholdMs),
      afterCutover: actions.afterCutover,
    })
    .prefault({}),
});

const cutoverSchema = z.strictObject({
  /** Wait for a Promote even though every gate passes. */
  hold: z.boolean().default(true),
  freezeDeploys: z.boolean().default(true),
  shadowSampleRate: share.default(0.05),
  ackTimeout: durationSchema.default("60s"),
  validationTimeout: durationSchema.default("5m"),
});

const guardSchema = z.strictObject({
  duration: durationSchema.default("24h"),
  deadline: durationSchema.default("72h"),
  minSamples: z.int().min(0).max(1_000_000_000).default(1000),
  then: z.enum(["DisableDualRead", "KeepShadow", "RepointShadow"]).default("DisableDualRead"),
  next: objectName.optional(),
});

const rollbackSchema = z.strictObject({
  automatic: z.boolean().default(true),
  alert: z.string().min(1).max(128).default("RETR_DUAL_VARIANCE_HIGH"),
  window: durationSchema.default("5m"),
  sustainedFor: durationSchema.default("5m"),
  immediateWindow: durationSchema.default("15m"),
  maxStaleness: durationSchema.default("15m"),
  integrity: z.enum(["Verify", "Skip"]).default("Verify"),
});

/** Longest list of stages; the rule that they rise walks this many places. */
export const maxStages = 20;

const defaultStages = [
  { sampleRate: 0.02, minDuration: "2h", minSamples: 1000, deadline: "24h" },
  { sampleRate: 0.05, minDuration: "45m", minSamples: 1000, deadline: "24h" },
  { sampleRate: 0.1, minDuration: "45m", minSamples: 1000, deadline: "24h" },
];

export const migrationSpecSchema = z.strictObject({
  target: z.strictObject({ kind: z.enum(["Deployment"]).default("Deployment"), name: objectName }),
  destination: overlayAdapterSchema,
  mode: z.enum(["Migrate", "Validate"]).default("Migrate"),
  /** Of mode Validate: how long the dual read lasts at least. */
  validate: z.strictObject({ duration: durationSchema.default("24h") }).prefault({}),
  writes: z.enum(["Both", "SourceOnly", "DestinationAfterCutover"]).default("Both"),
  requestedBy: z.string().min(1).max(253).optional(),
  checklist: checklistSchema.prefault({}),
  stages: z.array(stageSchema).min(1).max(maxStages).default(defaultStages),
  thresholds: thresholdsSchema.prefault({}),
  gates: z
    .strictObject({ window: durationSchema.default("30s"), minDwell: durationSchema.default("10m") })
    .prefault({}),
  cutover: cutoverSchema.prefault({}),
  guard: guardSchema.prefault({}),
  rollback: rollbackSchema.prefault({}),
  deletionPolicy: z.enum(["Rollback", "Keep"]).default("Rollback"),
  communications: z
    .strictObject({
      sinks: z.array(z.string().min(1).max(63)).max(16).default([]),
      postmortemDue: durationSchema.default("48h"),
    })
    .prefault({}),
  metrics: z.strictObject({ source: z.string().min(1).max(63).default("Sidecars") }).prefault({}),
});

export type MigrationSpec = z.infer<typeof migrationSpecSchema>;
export type MigrationSpecInput = z.input<typeof migrationSpecSchema>;
