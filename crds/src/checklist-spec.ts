// The checklist of a spec: what has to be answered before anything changes. Imports zod, durations and the levels only.
import { verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";
import { durationSchema } from "./duration.ts";
import { days, timeOfDaySchema, timeZoneSchema } from "./time-window.ts";

const policy = z.enum(["Require", "Skip"]).default("Require");
const checkSchema = z.strictObject({ policy }).prefault({});

/** Names of the checklist's checks, in the order in which they are made. */
export const checkNames = ["reachable", "parity", "alerts", "approvals", "window", "staging", "smokeTests"] as const;
export type CheckName = (typeof checkNames)[number];

const roleSchema = z.strictObject({
  name: z.string().min(1).max(63),
  /** How many different people of the role have to approve. */
  quorum: z.int().min(1).max(10).default(1),
});
export type ApprovalRole = z.infer<typeof roleSchema>;

const approvalsSchema = z
  .strictObject({
    policy,
    roles: z
      .array(roleSchema)
      .min(1)
      .max(10)
      .default([
        { name: "product-owner", quorum: 1 },
        { name: "sre-on-call", quorum: 1 },
      ]),
    /** How long an approval counts; the approval itself may say less. */
    expiry: durationSchema.default("72h"),
    /** Whoever asked for the migration can't approve it. */
    fourEyes: z.boolean().default(false),
  })
  .prefault({});

const windowSchema = z
  .strictObject({
    policy,
    timeZone: timeZoneSchema.default("UTC"),
    /** Days on which it opens. */
    days: z.array(z.enum(days)).min(1).max(7).default(["Mon", "Tue", "Wed", "Thu"]),
    start: timeOfDaySchema.default("09:00"),
    /** On the next day where it isn't after start. */
    end: timeOfDaySchema.default("16:00"),
  })
  .prefault({});
export type MigrationWindow = z.infer<typeof windowSchema>;

const stagingSchema = z
  .strictObject({
    policy,
    /** Migration of the same namespace, of mode Validate. */
    from: z
      .string()
      .max(253)
      .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "expected the name of an object")
      .optional(),
    /** status.validation.result of a migration of another cluster. */
    result: z
      .string()
      .max(33)
      .regex(/^[0-9a-f]{16}-[0-9a-f]{16}$/, "expected the result that a migration of mode Validate ended with")
      .optional(),
  })
  .prefault({});

/** Differences that are still equal enough. */
const tolerated = z.int().min(0).max(1_000_000_000).default(0);

const paritySchema = z
  .strictObject({
    policy,
    /** What has to have been compared at least. */
    level: z.enum(verifyLevels).default("fresh"),
    tolerance: z
      .strictObject({
        missing: tolerated,
        extra: tolerated,
        stale: tolerated,
        payload: tolerated,
        vector: tolerated,
      })
      .prefault({}),
    /** How long an equal result counts before the start. */
    maxAge: durationSchema.default("24h"),
    /** After this a result that isn't equal is asked for again; before the cutover every result. */
    recheck: durationSchema.default("15m"),
    /** Longer than this, and a comparison has no result. */
    timeout: durationSchema.default("2h"),
  })
  .prefault({});
export type ParitySpec = z.infer<typeof paritySchema>;

const smokeTestsSchema = z
  .strictObject({
    policy,
    /** Suspended CronJobs of the same namespace; a Job of each has to succeed. */
    cronJobs: z
      .array(
        z
          .string()
          .max(52)
          .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "expected the name of a CronJob"),
      )
      .max(10)
      .default([]),
    /** Longer than this, and a test has not passed. */
    timeout: durationSchema.default("15m"),
  })
  .prefault({});

export const checklistSchema = z.strictObject({
  reachable: checkSchema,
  parity: paritySchema,
  alerts: checkSchema,
  approvals: approvalsSchema,
  window: windowSchema,
  staging: stagingSchema,
  smokeTests: smokeTestsSchema,
});
