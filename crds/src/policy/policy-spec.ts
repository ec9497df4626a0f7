// The spec of a RetrieverMigrationPolicy: what an administrator asks of every migration in some namespaces.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { storeKinds } from "@retriever/stores/kinds.ts";
import { z } from "zod";
import { nonEmpty } from "#fields/field-types.ts";
import { days, timeOfDaySchema, timeZoneSchema } from "#fields/time-window.ts";

export const expectedValues = "expected values of In and NotIn, and of nothing else";

/** What no namespace can have would make a policy that is nobody's, or everybody's, unnoticed. */
const labelKey = z
  .string()
  .max(317)
  .regex(
    /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "expected the key of a label",
  );
const labelValue = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/, "expected the value of a label");

const requirementSchema = z
  .strictObject({
    key: labelKey.meta(doc("Label of the namespace.", "kubernetes.io/metadata.name", "the tier")),
    operator: z
      .enum(["In", "NotIn", "Exists", "DoesNotExist"])
      .meta(doc("How the label's value is compared, as in every Kubernetes selector.", "In", "Equals")),
    values: z
      .array(labelValue)
      .max(50)
      .default([])
      .meta(doc("Values of In and NotIn, at least one of each; none of the others.", ["search"], "search")),
  })
  .refine(({ operator, values }) => comparesValues(operator) === values.length > 0, {
    path: ["values"],
    message: expectedValues,
  });

function comparesValues(operator: string): boolean {
  return operator === "In" || operator === "NotIn";
}

const selectorSchema = z.strictObject({
  matchExpressions: z
    .array(requirementSchema)
    .max(10)
    .default([])
    .meta(
      doc("All of them must hold. None: every namespace.", [{ key: "tier", operator: "In", values: ["bank"] }], "tier"),
    ),
});

const leastRoleSchema = z.strictObject({
  name: nonEmpty(63).meta(doc("Name of the role.", "sre-on-call", "")),
  quorum: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .meta(doc("Least number of people in this role.", 2, 0)),
});

const approvalsSchema = z.strictObject({
  roles: z
    .array(leastRoleSchema)
    .max(10)
    .default([])
    .meta(
      doc("Roles that every migration asks, with their least quorum.", [{ name: "sre-on-call", quorum: 1 }], "sre"),
    ),
  fourEyes: z
    .boolean()
    .default(false)
    .meta(doc("Whether requestedBy may not approve.", true, "yes")),
  differentPeople: z
    .boolean()
    .default(false)
    .meta(doc("Whether one person counts in one role only.", true, "yes")),
});

const windowSchema = z.strictObject({
  timeZone: timeZoneSchema.default("UTC").meta(doc("Time zone of start and end.", "Europe/Berlin", "Europe Berlin")),
  days: z
    .array(z.enum(days))
    .min(1)
    .max(7)
    .default(["Mon", "Tue", "Wed", "Thu"])
    .meta(doc("Days on which a migration's window may open.", ["Tue"], [])),
  start: timeOfDaySchema.default("09:00").meta(doc("Earliest start of a migration's window.", "10:30", "10.30")),
  end: timeOfDaySchema.default("16:00").meta(doc("Latest end of it.", "24:00", "25:00")),
});

const kindNames = storeKinds.map(({ kind }) => kind) as [string, ...string[]];

const destinationsSchema = z.strictObject({
  stores: z
    .array(z.enum(kindNames))
    .max(10)
    .default([])
    .meta(doc("Kinds of store to move to. None: every kind.", ["qdrant"], ["milvus"])),
  hosts: z
    .array(
      z
        .string()
        .max(253)
        .regex(
          /^(\*\.)?[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$/,
          'expected a host such as "qdrant.search.svc" or "*.search.svc"',
        ),
    )
    .max(100)
    .default([])
    .meta(doc("Hosts to move to, or with *. all below one. None: every host.", ["*.search.svc"], ["https://q"])),
  tls: z
    .boolean()
    .default(false)
    .meta(doc("Whether the destination must be reached by TLS.", true, "yes")),
});

export const policySpecSchema = z
  .strictObject({
    namespaceSelector: selectorSchema.prefault({}).describe("The namespaces whose migrations it is about."),
    approvals: approvalsSchema.optional().describe("Who must agree, at least. Then approvals can't be skipped."),
    hold: z
      .boolean()
      .default(false)
      .meta(doc("Whether every cutover waits for a Promote.", true, "yes")),
    storeWrites: z
      .enum(["Forbid", "Allow"])
      .default("Forbid")
      .meta(doc("Whether a migration may have stores written to (spec.data).", "Allow", "Ask")),
    window: windowSchema.optional().describe("The window of a migration can't be skipped and lies within this one."),
    destinations: destinationsSchema.prefault({}).describe("Where a migration may move to."),
    mostMigrations: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .meta(doc("How many may be under way at once in all of these namespaces together.", 2, 0)),
  })
  .describe(
    "What every migration in some namespaces must ask at least. It never keeps anybody from an Abort or Rollback.",
  );

export type PolicySpec = z.infer<typeof policySpecSchema>;
