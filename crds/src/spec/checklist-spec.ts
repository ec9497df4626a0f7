// The checklist of a spec: what has to be answered before anything changes.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";
import { durationSchema } from "#fields/duration-schema.ts";
import { countFrom, nonEmpty, objectName } from "#fields/field-types.ts";
import { days, timeOfDaySchema, timeZoneSchema } from "#fields/time-window.ts";

/** Names of the checklist's checks, in the order in which they are made. */
export const checkNames = ["reachable", "parity", "alerts", "approvals", "window", "staging", "smokeTests"] as const;
export type CheckName = (typeof checkNames)[number];

const profiles = ["Standard", "Strict"] as const;

/** Whether a check is made; `what` says what it shows. Without a default: then the profile decides. */
function policy(what: string) {
  const meaning = `${what} Require blocks until it is True; Skip is repeated in status.skippedChecks. Without it: Require where the check is written here at all, else as profile says.`;
  return z
    .enum(["Require", "Skip"])
    .optional()
    .meta(doc(meaning, "Skip", "Ignore"));
}

type Check = { readonly policy?: "Require" | "Skip" | undefined };

/** A check that a manifest names is required; of one that it doesn't name, `policy` stays absent until it is resolved. */
function check<T extends z.ZodType<Check>>(schema: T) {
  const absent = schema.parse({}) as z.util.NoUndefined<z.output<T>>;
  const named = schema.overwrite((one) => ({ ...one, policy: one.policy ?? "Require" }));
  // In the API server's schema a default would name it: what is absent has to stay absent there.
  return named.default(() => absent).meta({ default: undefined });
}

const roleSchema = z.strictObject({
  name: nonEmpty(63).meta(doc("Name of the role, as the Approve states it.", "sre-on-call", "")),
  quorum: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .meta(doc("How many different people have to approve in this role.", 2, 0)),
});

const approvalsSchema = z.strictObject({
  policy: policy("The people who must agree have agreed."),
  roles: z
    .array(roleSchema)
    .min(1)
    .max(10)
    .default([
      { name: "product-owner", quorum: 1 },
      { name: "sre-on-call", quorum: 1 },
    ])
    .meta(doc("Who has to agree. Every role needs its quorum.", [{ name: "sre-on-call", quorum: 2 }], [])),
  expiry: durationSchema
    .default("72h")
    .meta(doc("How long an approval counts; spec.expires of the Approve may end it sooner.", "24h", "3 days")),
  fourEyes: z
    .boolean()
    .default(false)
    .meta(
      doc("True: spec.requestedBy can't approve. Needs spec.requestedBy.", true, "yes", {
        "spec.requestedBy": "user-a",
      }),
    ),
  differentPeople: z
    .boolean()
    .default(false)
    .meta(doc("True: a person who approves in several roles counts in one of them.", true, "yes")),
});

const windowSchema = z.strictObject({
  policy: policy("It is within the agreed window, at the start and at the cutover; a rollback is always allowed."),
  timeZone: timeZoneSchema
    .default("UTC")
    .meta(doc("Time zone of start and end; daylight saving is followed.", "Europe/Berlin", "Europe Berlin")),
  days: z
    .array(z.enum(days))
    .min(1)
    .max(7)
    .default(["Mon", "Tue", "Wed", "Thu"])
    .meta(doc("Days on which the window opens.", ["Tue", "Wed"], [])),
  start: timeOfDaySchema.default("09:00").meta(doc("When it opens.", "10:30", "10.30")),
  end: timeOfDaySchema
    .default("16:00")
    .meta(doc("When it closes; on the next day where that isn't after start.", "24:00", "25:00")),
});

const stagingSchema = z.strictObject({
  policy: policy("The same plan was validated before, by a migration of mode Validate."),
  from: objectName
    .optional()
    .meta(
      doc(
        "Migration of mode Validate in the same namespace; it must be Validated.",
        "docs-to-qdrant-staging",
        "Docs staging",
      ),
    ),
  result: z
    .string()
    .max(33)
    .regex(/^[0-9a-f]{16}-[0-9a-f]{16}$/, "expected the result that a migration of mode Validate ended with")
    .optional()
    .meta(
      doc(
        "status.validation.result of a migration of mode Validate in another cluster.",
        "0123456789abcdef-fedcba9876543210",
        "passed",
      ),
    ),
});

const tolerated = countFrom(0)
  .default(0)
  .meta({ examples: [10] });

const paritySchema = z.strictObject({
  policy: policy("Both stores hold the same candidates, before the start and again before the cutover."),
  level: z
    .enum(verifyLevels)
    .default("fresh")
    .meta(
      doc(
        "What has to have been compared at least: the ids, updated_at as well, the payload as well, the vectors as well.",
        "payload",
        "text",
      ),
    ),
  tolerance: z
    .strictObject({
      missing: tolerated.meta(doc("Chunks that the destination may lack.")),
      extra: tolerated.meta(doc("Chunks that only the destination may have.", 10, "1 %")),
      stale: tolerated.meta(doc("Chunks whose updated_at may differ.", 10, 0.5)),
      payload: tolerated.meta(doc("Chunks whose fields may differ.")),
      vector: tolerated.meta(doc("Chunks whose vectors may differ.")),
    })
    .prefault({})
    .describe("Differences that are still equal enough, by kind."),
  maxAge: durationSchema.default("24h").meta(doc("How long an equal result counts before the start.", "72h", "3 days")),
  recheck: durationSchema
    .default("15m")
    .meta(
      doc(
        "After this the stores are compared again where they weren't equal, and before the cutover in any case.",
        "1h",
        "hourly",
      ),
    ),
  timeout: durationSchema.default("2h").meta(doc("How long one comparison may take before it is given up.", "6h", "6")),
});

const cronJobName = z
  .string()
  .max(52)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "expected the name of a CronJob");

const smokeTestsSchema = z.strictObject({
  policy: policy("A Job of every CronJob named here completed since the plan was accepted."),
  cronJobs: z
    .array(cronJobName)
    .max(10)
    .default([])
    .meta(doc("Suspended CronJobs of the migration's namespace.", ["search-api-smoke"], "smoke")),
  timeout: durationSchema.default("15m").meta(doc("How long one test may take before it has failed.", "5m", "5 min")),
});

export const checklistSchema = z.strictObject({
  profile: z
    .enum(profiles)
    .default("Standard")
    .meta(
      doc(
        "Which of the checks that aren't written here are required. Standard: reachable, parity, alerts, approvals and window where a RetrieverMigrationPolicy asks for them, approvals where data lets stores be written to. Strict: all.",
        "Strict",
        "Lenient",
      ),
    ),
  reachable: check(
    z.strictObject({
      policy: policy("Every pod reached the destination: network, TLS, credential, collection, dimension."),
    }),
  ),
  parity: check(paritySchema),
  alerts: check(z.strictObject({ policy: policy("The alerts on the variance are in place and armed.") })),
  approvals: check(approvalsSchema),
  window: check(windowSchema),
  staging: check(stagingSchema),
  smokeTests: check(smokeTestsSchema),
});

export type Checklist = z.infer<typeof checklistSchema>;
