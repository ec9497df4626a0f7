// The status of a RetrieverMigration: everything the operator must remember lives here and nowhere else.
// The examples are one status of a rollback that begins in the guard, since only then is every field there.
import { epochSchema } from "@retriever/sidecar/contract/overlay.ts";
import { identitySchema } from "@retriever/sidecar/contract/status.ts";
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { documented } from "#fields/documented.ts";
import { instant, reasonWord, sentence, shortName } from "#fields/field-types.ts";
import { acksSchema, cutoverStatusSchema } from "./acks-status.ts";
import { actsStatusSchema } from "./acts-status.ts";
import { checksStatusSchema } from "./check-status.ts";
import { columnsSchema } from "./columns.ts";
import {
  baselineSchema,
  dispersionStateSchema,
  epochEvidenceSchema,
  rampEvidenceSchema,
  sourceBaselineSchema,
  verdictsSchema,
} from "./evidence-status.ts";
import { guardStatusSchema } from "./guard-status.ts";
import { detectionStateSchema, harmStatusSchema } from "./harm-status.ts";
import { openChecksSchema } from "./open-checks-status.ts";
import { outboxMessageSchema } from "./outbox-status.ts";
import { stageStatusSchema } from "./stage-status.ts";
import { smokeTestStatusSchema, verificationStatusSchema } from "./verification-status.ts";
import { waitingStatusSchema } from "./waiting-status.ts";
import { writerStatuses } from "./writer-status.ts";

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
  "DataCopied",
  "DataSynced",
  "AlertsArmed",
  "Approved",
  "MetricsHealthy",
  "ConfigPropagated",
  "InputsProved",
  "RollbackReady",
  "CutOver",
  "GuardPassed",
  "RolledBack",
  "DriftResolved",
  "Settled",
  "PostmortemDue",
  "Paused",
  "Ready",
  "Succeeded",
  "Reconciling",
  "Stalled",
] as const;
export type ConditionType = (typeof conditionTypes)[number];

const causes = z.array(sentence).max(10);

const conditionSchema = z.strictObject({
  type: z.enum(conditionTypes).meta(doc("What it says something about.", "CutOver", "Done")),
  status: z
    .enum(["True", "False", "Unknown"])
    .meta(doc("Unknown where nothing was proved; it never counts as True.", "True", "Yes")),
  reason: reasonWord.meta(doc("Why, as one word for programs.", "CutOver", "not one word")),
  message: sentence.meta(doc("Why, as a sentence for people.", "since 2030-01-01T12:00:00.000Z")),
  lastTransitionTime: instant.describe("When the status flipped last."),
  observedGeneration: z.int().meta(doc("Generation of the spec it was judged on.", 1)),
});
export type Condition = z.infer<typeof conditionSchema>;

function identity(what: string, [kind, place, digest]: readonly [string, string, string], refused: string) {
  return documented(identitySchema, {
    kind: doc(`Kind of the ${what}.`, kind, ""),
    label: doc("For people: kind, host and collection or table, without credentials.", `${kind} ${place}`),
    digest: doc("For programs: equal digests are the same store.", digest, refused),
    placeDigest: doc("The digest without column or vector name, by which earlier versions know the store.", digest),
  });
}

/** What the sidecars are told; the intent, written before the overlay. */
const revisionSchema = z.strictObject({
  epoch: epochSchema.min(1).meta(doc("Number of the configuration.", 6)),
  primary: z.enum(["source", "destination"]).meta(doc("Store that answers the requests.", "source", "none")),
  shadow: z.enum(["source", "destination", "none"]).meta(doc("Store that is asked as well.", "none", "both")),
  sampleRate: z
    .number()
    .min(0)
    .max(1)
    .meta(doc("Share of requests that also ask the shadow.", 0, 1.5)),
  released: z.boolean().meta(doc("True once the base may take over again.", false)),
  withoutDestination: z
    .boolean()
    .optional()
    .meta(doc("True once the overlay of a rollback names no destination any more.", false)),
  pods: z
    .int()
    .min(1)
    .optional()
    .meta(doc("Pods there were when it was decided; what the fleet may ask of a store is shared by them.", 3, 0)),
  scoreOffset: z
    .number()
    .optional()
    .meta(doc("How much lower the destination's scores are as a rule; judged around.", 0.004)),
  activationDeadline: instant
    .optional()
    .describe("Until when pods may bring requests to the destination; who reads it later stays at the source."),
  replaces: z
    .strictObject({
      uid: shortName.meta(doc("UID of the ConfigMap.", "0b4e2b6e-0000-4000-8000-000000000002")),
      resourceVersion: shortName.meta(doc("Its version: one that was written since isn't taken.", "48151623")),
    })
    .optional()
    .describe("An overlay that read as ours but belonged to another field manager as well; it is taken over by force."),
  at: instant.describe("When it was decided."),
});
export type Revision = z.infer<typeof revisionSchema>;

const rollbackStatusSchema = z.strictObject({
  at: instant.describe("When it was decided."),
  from: z.enum(phases).meta(doc("Phase in which it was decided.", "Guard", "Nowhere")),
  reason: reasonWord.meta(doc("Why, as one word.", "RollbackRequested")),
  causes: causes.meta(
    doc("All causes that were found, most severe first.", ["Rollback by user-b: answers look wrong"]),
  ),
  actor: shortName.nullable().meta(doc("Who asked for it; null when the operator decided.", "user-b")),
  servedUntil: instant.optional().describe("When every pod served from the source again."),
  baseline: z
    .enum(["Confirmed", "Differs", "NotMeasured"])
    .optional()
    .meta(
      doc("Whether the source does as before the migration; NotMeasured without enough requests.", "Confirmed", "Fine"),
    ),
});

const takenBackSchema = z
  .strictObject({
    at: instant.describe("When it was decided."),
    reason: reasonWord.meta(doc("Why, as one word.", "AckTimeout")),
    causes: causes.meta(doc("Why.", ["not every pod followed within 60s: 2 of 3 pods follow"])),
    times: z
      .int()
      .min(1)
      .meta(doc("How often a cutover was taken back.", 1, 0)),
    servedFrom: instant.optional().describe("Since when pods may have served from the destination."),
    servedUntil: instant.optional().describe("When every pod served from the source again."),
  })
  .describe("The last cutover that was taken back so that a Retry can begin it again.");

const historyEntrySchema = z.strictObject({
  at: instant.describe("When the step was taken."),
  phase: z.enum(phases).meta(doc("The phase after it.", "Guard", "Ended")),
  epoch: epochSchema.meta(doc("The epoch after it.", 5)),
  reason: reasonWord.meta(doc("Why, as one word; also the reason of its event.", "CutOver", "passed!")),
  message: sentence.meta(doc("Why, as a sentence.", "every pod serves from the destination")),
});

const validationStatusSchema = z.strictObject({
  startedAt: instant.describe("Since when it has sampled without stepping down."),
  result: z
    .string()
    .max(64)
    .optional()
    .meta(
      doc(
        "What it ended with: the hash of what was validated, and of this very validation. Goes into checklist.staging.",
        "0123456789abcdef-fedcba9876543210",
      ),
    ),
});

const postmortemSchema = z.strictObject({
  at: instant.describe("When it was recorded."),
  actor: shortName.meta(doc("Who recorded it.", "user-b")),
  act: shortName.meta(doc("The MigrationAct that holds its words.", "docs-to-qdrant-postmortem-x1")),
});

export const migrationStatusSchema = z
  .strictObject({
    observedGeneration: z
      .int()
      .default(-1)
      .meta(doc("Generation of the spec that was last reconciled; -1 before the first reconcile.", 1)),
    phase: z
      .enum(phases)
      .default("Pending")
      .meta(doc("Where it is, for people. Conditions are for programs.", "RollingBack", "Running")),
    message: sentence
      .default("")
      .meta(
        doc(
          "Why it isn't moving, and what would move it.",
          "rolling back to pgvector: score lower by more than 0.2 in 12 % of 248 samples",
        ),
      ),
    conditions: z.array(conditionSchema).max(30).default([]).describe("One per type, in a fixed order."),
    phaseStartedAt: instant.optional().describe("When the phase began."),
    /** Empty before acceptance. */
    planHash: z.string().max(64).default("").meta(doc("Hash of the accepted plan.", "0123456789abcdef")),
    plan: z
      .string()
      .max(65_536)
      .default("")
      .meta(
        doc(
          "The accepted spec with every default, as JSON. Decisions follow it, not later edits.",
          '{"mode":"Migrate"}',
        ),
      ),
    source: identity(
      "store that served at acceptance",
      ["pgvector", "pg.search.svc/search", "0123456789abcdef0123456789abcdef"],
      "0123",
    ).optional(),
    destination: identity(
      "store to move to",
      ["qdrant", "qdrant.search.svc/chunks", "fedcba9876543210fedcba9876543210"],
      "SHA256",
    ).optional(),
    epoch: epochSchema.default(0).meta(doc("Number of the configuration in force; it never falls.", 6)),
    revision: revisionSchema.optional().describe("What the sidecars are told."),
    stage: stageStatusSchema.optional(),
    columns: columnsSchema.optional(),
    gates: verdictsSchema,
    evidence: epochEvidenceSchema.optional(),
    dispersion: dispersionStateSchema.optional(),
    detection: detectionStateSchema.optional(),
    baseline: baselineSchema.optional(),
    sourceBaseline: sourceBaselineSchema.optional(),
    throughput: z
      .strictObject({
        requestsPerSecond: z
          .number()
          .meta(doc("Requests per second in the five minutes before another store was made the primary.", 14.9)),
      })
      .optional(),
    acks: acksSchema.optional().describe("Which pods have the configuration in force."),
    cutover: cutoverStatusSchema.optional().describe("Pods that the cutover went on without, if there were any."),
    guard: guardStatusSchema.optional().describe("The guard's clocks, in seconds. Only watched time counts."),
    harm: harmStatusSchema.optional().describe("What is worse now, and what was done about it."),
    waiting: waitingStatusSchema
      .optional()
      .describe("There while it stands still: since when, and whom that was told."),
    acts: actsStatusSchema.optional(),
    rollback: rollbackStatusSchema
      .optional()
      .describe("Why and when it goes back. It is removed only where it becomes `takenBack`."),
    takenBack: takenBackSchema.optional(),
    ramp: rampEvidenceSchema.optional(),
    verification: verificationStatusSchema.optional(),
    ...writerStatuses,
    smokeTests: z.array(smokeTestStatusSchema).max(10).optional().describe("The newest run of each smoke test."),
    /** Of mode Validate. */
    validation: validationStatusSchema.optional(),
    outbox: z
      .array(outboxMessageSchema)
      .max(50)
      .optional()
      .describe("What the sinks are told, at least once each; at most 50 messages."),
    postmortem: postmortemSchema.optional(),
    checklist: checksStatusSchema.optional(),
    openChecks: openChecksSchema.optional(),
    skippedChecks: z
      .array(shortName)
      .max(10)
      .default([])
      .meta(doc("Checks that the plan skips.", ["parity"])),
    cutoverAt: instant
      .optional()
      .describe("When the overlay that sends requests to the destination was about to be written."),
    clockDifferenceSeconds: z
      .number()
      .optional()
      .meta(doc("How far the newest updated_at of a store was from the operator's clock at the cutover.", 12)),
    completedAt: instant.optional().describe("When it was Completed or Validated."),
    history: z.array(historyEntrySchema).max(20).default([]).describe("The last 20 steps."),
  })
  .describe("Everything the operator remembers. Written by the operator alone.");

export type MigrationStatus = z.infer<typeof migrationStatusSchema>;
export type Verdict = MigrationStatus["gates"][number];
export type EpochEvidence = NonNullable<MigrationStatus["evidence"]>;
export type DispersionState = NonNullable<MigrationStatus["dispersion"]>;
export type Baseline = NonNullable<MigrationStatus["baseline"]>;
export type SourceBaseline = NonNullable<MigrationStatus["sourceBaseline"]>;
