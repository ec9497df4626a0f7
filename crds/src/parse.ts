// An unknown document → a spec with every default, or all its faults at once. Pure.
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import { type PolicySpec, policySpecSchema } from "#policy/policy-spec.ts";
import { type MigrationSpec, migrationSpecSchema } from "#spec/migration-spec.ts";
import { specRules } from "#spec/spec-rules.ts";
import { describe, parseShape } from "./faults.ts";
import {
  actsInRole,
  actsWithReason,
  latchingActs,
  type MigrationActSpec,
  migrationActSpecSchema,
} from "./migration.ts";

type Parsed<T> =
  | { readonly ok: true; readonly spec: T }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/**
 * Spec of a RetrieverMigration, with defaults. Faults name the path from `spec`, what came and what was expected;
 * the rules between fields are judged as well, wherever the fields themselves are sound. Never throws.
 */
export function parseMigrationSpec(input: unknown): Parsed<MigrationSpec> {
  const shape = parseShape(migrationSpecSchema, input, "spec");
  const faults = [...shape.faults.map(nameSuccessor), ...ruleFaults(input)];
  return shape.data !== undefined && faults.length === 0 ? { ok: true, spec: shape.data } : { ok: false, faults };
}

/** Fields of earlier versions, and how to say the same now. */
const retiredFields: Readonly<Record<string, string>> = {
  "spec.cutover.shadowSampleRate":
    "expected the rate in guard.sampling.minRate, which takes its place (guard.sampling.mode Fixed keeps to it)",
  "spec.thresholds.shadowErrors.afterCutover":
    "expected nothing: after the cutover the shadow is the old store, and its errors never drew traffic back to it",
};

/** Its default was written into every migration: who reads that it is refused may look for it in a manifest in vain. */
const addedByOlder =
  "; where the manifest doesn't say it, an older CustomResourceDefinition does: install the one of this release";

function nameSuccessor(fault: ConfigFault): ConfigFault {
  const successor = retiredFields[fault.path];
  if (successor === undefined) return fault;
  return { ...fault, message: fault.message.replace(/expected no such field$/, successor + addedByOlder) };
}

/** Spec of a MigrationAct, on the same terms. */
export function parseMigrationActSpec(input: unknown): Parsed<MigrationActSpec> {
  const { data, faults } = parseShape(migrationActSpecSchema, input, "spec");
  if (data === undefined) return { ok: false, faults };
  const missing = actFaults(data);
  return missing.length === 0 ? { ok: true, spec: data } : { ok: false, faults: missing };
}

/** What an act of its kind has to say. */
function actFaults({ migration, act, check, role, planHash, reason, text }: MigrationActSpec): ConfigFault[] {
  const isByName = latchingActs.some((one) => one === act);
  const isInRole = actsInRole.includes(act);
  const needed: readonly [string, boolean, string][] = [
    ["migration.uid", migration.uid === undefined && !isByName, "the UID of the migration that is meant"],
    ["check", act === "Waive" && check === undefined, "the check that is waived"],
    [
      "reason",
      actsWithReason.includes(act) && reason === "",
      act === "Deny" ? "why, for whoever waits" : `why: ${act} lets pass what was not proved`,
    ],
    ["text", act === "Postmortem" && (text ?? "") === "", "the postmortem itself"],
    ["role", isInRole && role === undefined, "the role it is said in"],
    ["planHash", isInRole && planHash === undefined, "the hash of the plan that is meant"],
  ];
  return needed.flatMap(([field, isMissing, what]) =>
    isMissing ? [{ path: `spec.${field}`, message: `received nothing, expected ${what}` }] : [],
  );
}

/** Spec of a RetrieverMigrationPolicy, on the same terms. */
export function parsePolicySpec(input: unknown): Parsed<PolicySpec> {
  const { data, faults } = parseShape(policySpecSchema, input, "spec");
  return data === undefined ? { ok: false, faults } : { ok: true, spec: data };
}

function ruleFaults(input: unknown): ConfigFault[] {
  const sound = soundFields(input);
  return specRules
    .filter(({ field, holds }) => field in sound && !holds(sound as MigrationSpec))
    .map(({ field, at = "spec", message, received }) => ({
      path: at === "spec" ? `spec.${field}` : at,
      message: `received ${describe(received(sound as MigrationSpec))}, ${message}`,
    }));
}

/** The fields of a spec that parse on their own: a fault in one doesn't hide what another says. */
export function soundFields(input: unknown): Partial<MigrationSpec> {
  const given = typeof input === "object" && input !== null ? (input as Readonly<Record<string, unknown>>) : {};
  const sound: Record<string, unknown> = {};
  for (const [field, schema] of Object.entries(migrationSpecSchema.shape)) {
    const parsed = schema.safeParse(given[field]);
    if (parsed.success) sound[field] = parsed.data;
  }
  return sound;
}
