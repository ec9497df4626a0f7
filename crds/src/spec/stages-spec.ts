// The ramp of a spec: its stages, how they are judged, and the harm that ends them.
import {
  latencyDeltaThresholdMs,
  p95MaxBadShare,
  scoreDeltaThreshold,
} from "@retriever/sidecar/contract/thresholds.ts";
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { durationSchema } from "#fields/duration-schema.ts";
import { countFrom, share } from "#fields/field-types.ts";
import { timeOfDaySchema, timeZoneSchema } from "#fields/time-window.ts";

/** Above 0, up to 1. */
const positiveShare = z.number().gt(0).max(1);

/** From 1 ms on: less is a number of seconds by mistake. */
const slowdownMs = z.number().min(1).max(60_000).default(latencyDeltaThresholdMs);

/** Longest list of stages; the rule that they rise walks this many places. */
export const maxStages = 20;

const peakSchema = z.strictObject({
  timeZone: timeZoneSchema.meta(doc("Time zone of from and to.", "Asia/Tokyo", "Asia Tokyo")),
  from: timeOfDaySchema.meta(doc("When the peak begins.", "09:00", "9 am")),
  to: timeOfDaySchema.meta(doc("When it ends; on the next day where that isn't after from.", "11:00", "noon")),
});

const stageSchema = z.strictObject({
  sampleRate: positiveShare.meta(doc("Share of requests that also ask the destination.", 0.02, 2)),
  minDuration: durationSchema
    .default("45m")
    .meta(doc("How long the stage lasts at least; gates.minDwell where that is longer.", "1h30m", "1 hour")),
  minSamples: countFrom(1)
    .default(1000)
    .meta(doc("How many samples a gate needs at least before it decides.", 2000, 0)),
  deadline: durationSchema
    .default("24h")
    .meta(
      doc(
        "When to call a person because the gates have not decided, counted from the stage's configuration; it never ends unproved.",
        "36h",
        "a day",
      ),
    ),
  untilPeak: peakSchema
    .optional()
    .describe("The stage lasts until this time of a day was sampled from beginning to end: a region's peak."),
});

export const stagesSchema = z
  .array(stageSchema)
  .min(1)
  .max(maxStages)
  .default([
    { sampleRate: 0.02, minDuration: "2h", minSamples: 1000, deadline: "24h" },
    { sampleRate: 0.05, minDuration: "45m", minSamples: 1000, deadline: "24h" },
    { sampleRate: 0.1, minDuration: "45m", minSamples: 1000, deadline: "24h" },
  ])
  .meta(
    doc(
      "The ramp. Rates rise strictly; a stage ends when its time has passed and every gate passes.",
      [{ sampleRate: 0.01 }, { sampleRate: 0.1 }],
      [],
    ),
  );

export const gatesSchema = z.strictObject({
  window: durationSchema
    .default("30s")
    .meta(doc("Length of the windows in which bad samples are counted, from 1s to 15m.", "1m", "30")),
  minDwell: durationSchema
    .default("10m")
    .meta(doc("How long a stage lasts at least, whatever minDuration says.", "20m", "-10m")),
});

export const beforeCutover = z
  .enum(["StepDown", "Hold", "Observe"])
  .default("StepDown")
  .meta(doc("What a breach does before the cutover.", "Hold", "Rollback"));
export const afterCutover = z
  .enum(["Hold", "Rollback", "Observe"])
  .default("Rollback")
  .meta(doc("What a breach does from the cutover on.", "Hold", "StepDown"));

const p95Meaning = "Share of bad samples that is still within the limit; 0.05 reads as a p95.";

const scoreDeltaSchema = z.strictObject({
  limit: positiveShare
    .default(scoreDeltaThreshold)
    .meta(doc("A sample is bad when its top similarity is lower by more than this.", 0.1, 20)),
  maxBadShare: share.default(p95MaxBadShare).meta(doc(p95Meaning, 0.01, 5)),
  beforeCutover,
  afterCutover,
});

const latencyDeltaSchema = z.strictObject({
  limitMs: slowdownMs.meta(doc("A sample is bad when it is slower by at least this many milliseconds.", 50, 0.08)),
  maxBadShare: share.default(p95MaxBadShare).meta(doc(p95Meaning, 0.01, -0.05)),
  beforeCutover,
  afterCutover,
});

const mismatchSchema = z.strictObject({
  maxIncrease: share.default(0.05).meta(doc("Share of mismatches allowed above what the warm-up measured.", 0.02, 2)),
  ceiling: share.default(0.2).meta(doc("No warm-up passes above this share, whatever the corpus.", 0.3, "20%")),
  beforeCutover,
  afterCutover,
});

const overlapSchema = z.strictObject({
  /**
   * Between what damage was measured to leave (0.5 with half of the chunks missing or binary vectors without
   * rescoring) and what two healthy indexes share at a weak preset (0.72).
   */
  floor: share.default(0.6).meta(doc("Least mean share of chunks that stand in both answers.", 0.7, 70)),
  beforeCutover,
});

const contentSchema = z.strictObject({
  maxBadShare: share
    .default(0.01)
    .meta(doc("Mean share of chunks that may lack content at the destination, or have another one there.", 0.05, 1.5)),
  // A lower rate gives no chunk its text back.
  beforeCutover: z
    .enum(["StepDown", "Hold", "Observe"])
    .default("Hold")
    .meta(
      doc(
        "What a breach does before the cutover; Observe lets Preflight and the gate pass as well.",
        "StepDown",
        "Rollback",
      ),
    ),
  afterCutover,
});

const shadowErrorsSchema = z.strictObject({
  maxBadShare: share.default(0.001).meta(doc("Share of samples that the destination may fail.", 0.01, 1.5)),
  // After the cutover the shadow is the old store, and its errors never draw traffic back to it.
  beforeCutover,
});

const livePrimarySchema = z.strictObject({
  maxErrorIncrease: share.default(0.01).meta(doc("Share of failed requests allowed above the baseline.", 0.02, 2)),
  maxEmptyIncrease: share.default(0.05).meta(doc("Share of empty answers allowed above the baseline.", 0.1, -1)),
  maxP95IncreaseMs: slowdownMs.meta(doc("Milliseconds that p95 may lie above the baseline.", 120, 0.08)),
  afterCutover,
});

export const thresholdsSchema = z.strictObject({
  scoreDelta: scoreDeltaSchema
    .prefault({})
    .describe(
      "Share of samples whose top similarity is lower by more than limit; the mean loss is held to limit as well.",
    ),
  latencyDelta: latencyDeltaSchema.prefault({}).describe("Share of samples answered slower by at least limitMs."),
  mismatch: mismatchSchema
    .prefault({})
    .describe("Share of samples with another top result, over the baseline of the warm-up."),
  overlap: overlapSchema.prefault({}).describe("Least share of chunks in both answers, on average over the samples."),
  content: contentSchema
    .prefault({})
    .describe(
      "Text and metadata of chunks that both stores answered, where requests include them; a few chunks are probed in Preflight.",
    ),
  shadowErrors: shadowErrorsSchema
    .prefault({})
    .describe("Share of samples that the destination failed, timeouts included."),
  livePrimary: livePrimarySchema
    .prefault({})
    .describe("The new primary against the baseline, over all requests, from the cutover on."),
});
