// The spec of a RetrieverMigration. Every default is the runbook's value.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { overlayAdapterSchema } from "@retriever/stores/kinds.ts";
import { z } from "zod";
import { durationSchema } from "#fields/duration-schema.ts";
import { countFrom, nonEmpty, objectName, podShare, share } from "#fields/field-types.ts";
import { checklistSchema } from "./checklist-spec.ts";
import { dataSchema } from "./data-spec.ts";
import { rollbackSchema } from "./rollback-spec.ts";
import { afterCutover, beforeCutover, gatesSchema, stagesSchema, thresholdsSchema } from "./stages-spec.ts";

/** What a breached threshold does. Observe only reports. */
export type HarmAction = "StepDown" | "Hold" | "Rollback" | "Observe";

const targetSchema = z.strictObject({
  kind: z
    .enum(["Deployment"])
    .default("Deployment")
    .meta(doc("Kind of the workload.", "Deployment", "StatefulSet")),
  name: objectName.meta(doc("Name of the workload, in the migration's namespace.", "search-api", "Search API")),
});

const validateSchema = z.strictObject({
  duration: durationSchema
    .default("24h")
    .meta(doc("How long the dual read lasts without stepping down, over all stages.", "48h", "1 day")),
});

const cutoverSchema = z.strictObject({
  hold: z
    .boolean()
    .default(true)
    .meta(doc("Wait for a MigrationAct Promote even though every gate passes.", false, "no")),
  freezeDeploys: z
    .boolean()
    .default(true)
    .meta(
      doc(
        "Refuse other pods and another base for the workload while it cuts over. Needs the admission policies of the chart.",
        false,
        0,
      ),
    ),
  ackTimeout: durationSchema
    .default("60s")
    .meta(
      doc(
        "How long pods may take to acknowledge a change; then it goes on with minAcknowledged of them, or the cutover is taken back.",
        "2m",
        60,
      ),
    ),
  minAcknowledged: podShare
    .default("100%")
    .meta(
      doc(
        "How many running pods must follow, as a share or a number; once ackTimeout is over, it goes on without the others. A share in whole percents: 2 of 3 pods are 67%. Pods on lost nodes don't count.",
        "90%",
        "0%",
      ),
    ),
  validationTimeout: durationSchema
    .default("5m")
    .meta(doc("How long requests may take to resume after the cutover before it is taken back.", "10m", "10min")),
});

const guardSamplingSchema = z.strictObject({
  mode: z
    .enum(["Adaptive", "Fixed"])
    .default("Adaptive")
    .meta(
      doc(
        "Adaptive: the sidecars raise the share up to maxRate while traffic is thin. Fixed: minRate, whatever the traffic.",
        "Fixed",
        "Auto",
      ),
    ),
  minRate: share.default(0.05).meta(doc("Least share of requests that also ask the old store.", 0.1, 5)),
  maxRate: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .meta(doc("Greatest share, of Adaptive.", 0.5, 0)),
  maxQueriesPerSecond: z
    .number()
    .gt(0)
    .max(10_000)
    .default(20)
    .meta(
      doc(
        "The old store is asked at most so often a second by all pods together, as many as there were at the cutover, wherever that is above minRate.",
        50,
        0,
      ),
    ),
});

const guardSchema = z.strictObject({
  duration: durationSchema
    .default("24h")
    .meta(doc("Watched time needed; time that was idle or not observed doesn't count.", "12h", "1d")),
  deadline: durationSchema
    .default("72h")
    .meta(doc("When to call a person; the guard never ends unproved.", "96h", "4d")),
  maxDetectionTime: durationSchema
    .default("15m")
    .meta(doc("Time counts only while a total failure would have been noticed within this long.", "30m", "15")),
  sampling: guardSamplingSchema
    .prefault({})
    .describe("Which share of requests also asks the old store after the cutover."),
  minSamples: countFrom(0)
    .default(1000)
    .meta(doc("How many answered samples the guard needs; none are asked for at sampling.minRate 0.", 5000, 0.5)),
  onPassed: z
    .enum(["DisableDualRead", "KeepShadow", "RepointShadow"])
    .default("DisableDualRead")
    .meta(
      doc(
        "What becomes of the dual read afterwards. RepointShadow starts the migration named in next.",
        "KeepShadow",
        "DropSource",
      ),
    ),
  next: objectName
    .optional()
    .meta(
      doc(
        "Migration that starts once this one is settled. Goes with RepointShadow, and only with it.",
        "docs-to-next",
        "Docs to next",
        { "spec.guard.onPassed": "RepointShadow" },
      ),
    ),
});

const recallSchema = z.strictObject({
  mode: z
    .enum(["Adaptive", "Off"])
    .default("Adaptive")
    .meta(
      doc(
        "Adaptive: both stores are searched exactly for some of the samples, at most once a second each, so that worse is told from different.",
        "Off",
        "On",
      ),
    ),
  /** Beyond about 0.39 the bets on which the evidence rests lose their bound. */
  maxLoss: z
    .number()
    .gt(0)
    .max(0.3)
    .default(0.02)
    .meta(doc("How much lower the destination's recall may be than the source's.", 0.05, 2)),
  beforeCutover,
  afterCutover,
});

const slicesSchema = z.strictObject({
  afterCutover: z
    .enum(["Hold", "Rollback", "Observe"])
    .default("Hold")
    .meta(
      doc(
        "What harm to one namespace does from the cutover on. Hold: what fails or is wrong for one moves nobody else.",
        "Rollback",
        "StepDown",
      ),
    ),
});

const communicationsSchema = z.strictObject({
  sinks: z
    .array(nonEmpty(63))
    .max(16)
    .default([])
    .meta(doc("Names of the sinks that are told; the administrator configures them.", ["engineering"], "engineering")),
  postmortemDue: durationSchema
    .default("48h")
    .meta(doc("How long after a rollback the postmortem is due.", "72h", "2d")),
});

const metricsSchema = z.strictObject({
  source: nonEmpty(63)
    .default("Sidecars")
    .meta(doc("Sidecars, or the name of a Prometheus the administrator configured.", "Sidecars", "")),
});

export const migrationSpecSchema = z
  .strictObject({
    target: targetSchema.describe(
      "The workload whose pods move; they carry the container retriever-sidecar. Immutable once started.",
    ),
    destination: overlayAdapterSchema.describe(
      "The store to move to. Credentials by reference only; they are resolved in the pods. Immutable once started.",
    ),
    mode: z
      .enum(["Migrate", "Validate"])
      .default("Migrate")
      .meta(doc("Migrate, or Validate: dual read only, ends in the phase Validated.", "Validate", "Test")),
    validate: validateSchema.prefault({}).describe("Of mode Validate."),
    writes: z
      .enum(["Both", "SourceOnly", "DestinationAfterCutover"])
      .default("Both")
      .meta(
        doc(
          "Which stores the application writes to; decides what a stale rollback path means.",
          "SourceOnly",
          "Neither",
        ),
      ),
    requestedBy: nonEmpty(253)
      .optional()
      .meta(doc("Who asked for it; that person can't approve it where four eyes are required.", "user-a", "")),
    checklist: checklistSchema
      .prefault({})
      .describe(
        "Checks before anything changes. A check that can't be made is Unknown and blocks; Skip leaves it out openly.",
      ),
    data: dataSchema.prefault({}).describe("What the operator may have written to the stores."),
    stages: stagesSchema,
    thresholds: thresholdsSchema
      .prefault({})
      .describe(
        "Limits of harm: the destination worse than the source. Each says what a breach does before and after the cutover.",
      ),
    recall: recallSchema
      .prefault({})
      .describe("Whether answers that differ are worse: recall of both stores against what is truly nearest."),
    slices: slicesSchema
      .prefault({})
      .describe("The busiest namespaces, each judged by itself; before the cutover one that is harmed steps down."),
    gates: gatesSchema.prefault({}).describe("Over which span gates are judged, and how long a stage lasts at least."),
    cutover: cutoverSchema.prefault({}).describe("How the destination becomes primary."),
    guard: guardSchema.prefault({}).describe("The watch after the cutover."),
    rollback: rollbackSchema.prefault({}).describe("When the operator goes back by itself after the cutover."),
    deletionPolicy: z
      .enum(["Rollback", "Keep"])
      .default("Rollback")
      .meta(
        doc(
          "What deleting it in CuttingOver or Guard means; before the cutover it always means the source.",
          "Keep",
          "Orphan",
        ),
      ),
    communications: communicationsSchema.prefault({}).describe("Whom to tell, and when the postmortem is due."),
    metrics: metricsSchema
      .prefault({})
      .describe("Where the evidence comes from: Sidecars, or the name of a Prometheus the administrator configured."),
  })
  .describe("What should move where. Two fields are enough: target and destination.");

export type MigrationSpec = z.infer<typeof migrationSpecSchema>;
export type MigrationSpecInput = z.input<typeof migrationSpecSchema>;
export type Stage = MigrationSpec["stages"][number];
