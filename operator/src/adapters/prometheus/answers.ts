// What Prometheus and Alertmanager answer, as far as it is read here. Anything else makes the answer unusable.
import { plural } from "@retriever/stores/values/plural.ts";
import { z } from "zod";
import { OperatorError } from "#errors.ts";

const labelsSchema = z.record(z.string(), z.string());
const instantSchema = z
  .string()
  .max(40)
  .refine((text) => !Number.isNaN(Date.parse(text)), "expected an instant");

/** Elements are looked at once their number is known to be bearable: each that is wrong costs as much as a thousand bytes. */
const listOf = <T extends z.ZodType>(element: T, most: number) => z.array(z.unknown()).max(most).pipe(z.array(element));
const mostAlerts = 2000;

const activeAlertSchema = z.object({
  labels: labelsSchema,
  annotations: labelsSchema.default({}),
  state: z.enum(["pending", "firing", "inactive"]),
  activeAt: instantSchema,
  value: z.string(),
});
export type ActiveAlert = z.infer<typeof activeAlertSchema>;

const alertingRuleSchema = z.object({
  type: z.literal("alerting"),
  name: z.string(),
  duration: z.number().min(0),
  health: z.enum(["ok", "err", "unknown"]),
  lastEvaluation: instantSchema,
  labels: labelsSchema.default({}),
  alerts: listOf(activeAlertSchema, mostAlerts).default([]),
});
type AlertingRule = z.infer<typeof alertingRuleSchema>;

const rulesSchema = z.object({
  groups: listOf(
    z.object({
      name: z.string(),
      file: z.string().default(""),
      interval: z.number().gt(0),
      // Those that are asked for are looked at; a Prometheus may hold thousands of others.
      rules: z.array(z.unknown()),
    }),
    mostAlerts,
  ),
  /** There are more groups than these. */
  groupNextToken: z.string().optional(),
});

const envelopeSchema = z.object({
  status: z.literal("success"),
  data: z.unknown(),
  warnings: z.array(z.string()).default([]),
});

export type RuleInGroup = {
  readonly group: string;
  /** Where Prometheus read the group; empty where it doesn't say. */
  readonly file: string;
  readonly intervalSeconds: number;
  readonly rule: AlertingRule;
};

/** Alerting rules of these names, with their groups. */
export function parseRules(about: string, answer: unknown, names: readonly string[]): RuleInGroup[] {
  const { groups, groupNextToken } = parseData(about, answer, rulesSchema);
  if (groupNextToken !== undefined && groupNextToken !== "")
    throw new OperatorError("ROP_ALERTS_ANSWER_INVALID", `${about}: only a part of the rules`);
  return groups.flatMap(({ name, file, interval, rules }) =>
    rules
      .filter((rule) => isNamed(rule, names))
      .map((rule) => ({
        group: name,
        file,
        intervalSeconds: interval,
        rule: parse(about, rule, alertingRuleSchema),
      })),
  );
}

function isNamed(rule: unknown, names: readonly string[]): boolean {
  if (typeof rule !== "object" || rule === null || !("name" in rule)) return false;
  return "type" in rule && rule.type === "alerting" && names.some((name) => name === rule.name);
}

/** How many alerts an Alertmanager holds. */
export function parseHeldAlerts(about: string, answer: unknown): number {
  return parse(about, answer, listOf(z.object({ labels: labelsSchema }), mostAlerts)).length;
}

/** An answer with a warning may lack a part: what isn't in it was perhaps only not read. */
function parseData<T>(about: string, answer: unknown, schema: z.ZodType<T>): T {
  const { data, warnings } = parse(about, answer, envelopeSchema);
  if (warnings.length > 0)
    throw new OperatorError(
      "ROP_ALERTS_ANSWER_INVALID",
      `${about}: ${warnings.length} ${plural(warnings.length, "warning")}, so perhaps a part`,
    );
  return parse(about, data, schema);
}

/** Names the fields that are wrong, never what stood in them. */
function parse<T>(about: string, document: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 3).map(({ path }) => path.join(".") || "(root)");
  throw new OperatorError("ROP_ALERTS_ANSWER_INVALID", `${about}: not what its API answers (${fields.join(", ")})`);
}
