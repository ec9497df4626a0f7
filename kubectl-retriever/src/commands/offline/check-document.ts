// A document of ours → what it says, or all its faults with path, value, expectation. Pure.
import { describe } from "@retriever/crds/faults.ts";
import { apiGroup, apiVersion, type MigrationActSpec, migrationActSpecSchema } from "@retriever/crds/migration.ts";
import { parseMigrationActSpec, parseMigrationSpec, parsePolicySpec } from "@retriever/crds/parse.ts";
import { type PolicySpec, policySpecSchema } from "@retriever/crds/policy/policy-spec.ts";
import { schemaFields } from "@retriever/crds/reference/schema-fields.ts";
import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import type { LocatedDocument } from "#files/documents.ts";
import { didYouMean, similarTo } from "#output/similar.ts";
import { type Scenario, scenarioKind, scenarioSchema } from "#scenario/scenario.ts";
import { parseScenario } from "#scenario/scenario-parse.ts";
import { metadataFaults } from "./check-metadata.ts";

export const ownKinds = ["RetrieverMigration", "MigrationAct", "RetrieverMigrationPolicy", scenarioKind] as const;

type Named = { readonly namespace: string; readonly name: string };

export type Checked =
  | { readonly kind: "RetrieverMigration"; readonly named: Named; readonly spec: MigrationSpec }
  | { readonly kind: "MigrationAct"; readonly named: Named; readonly spec: MigrationActSpec }
  | { readonly kind: "RetrieverMigrationPolicy"; readonly named: Named; readonly spec: PolicySpec }
  | { readonly kind: typeof scenarioKind; readonly scenario: Scenario };

type CheckResult =
  | { readonly ok: true; readonly checked: Checked }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

const specs = {
  RetrieverMigration: { parse: parseMigrationSpec, schema: migrationSpecSchema },
  MigrationAct: { parse: parseMigrationActSpec, schema: migrationActSpecSchema },
  RetrieverMigrationPolicy: { parse: parsePolicySpec, schema: policySpecSchema },
} as const;

/** Undefined for a document of another kind, which is none of our business. */
export function checkDocument({ kind, value }: LocatedDocument): CheckResult | undefined {
  const document = value as Readonly<Record<string, unknown>>;
  if (kind === scenarioKind) {
    const parsed = parseScenario(value);
    if (parsed.ok) return { ok: true, checked: { kind, scenario: parsed.scenario } };
    const fields = schemaFields(scenarioSchema, "scenario").map(({ path }) => path);
    return { ok: false, faults: parsed.faults.map((fault) => nameField(nameValue(fault), fields)) };
  }
  const known = Object.hasOwn(specs, kind) ? specs[kind as keyof typeof specs] : undefined;
  if (known === undefined) return undefined;
  const outer = envelopeFaults(document);
  const parsed = parseAsMeant(known.parse, document["spec"]);
  if (!parsed.ok || outer.length > 0) {
    const fields = schemaFields(known.schema, "spec").map(({ path }) => path);
    const inner = parsed.ok ? [] : parsed.faults.map((fault) => nameField(fault, fields));
    return { ok: false, faults: [...outer, ...inner] };
  }
  const named = nameOf(document);
  return { ok: true, checked: { kind, named, spec: parsed.spec } as Checked };
}

type Parse = (typeof specs)[keyof typeof specs]["parse"];

/** What else is wrong doesn't show where a value says which fields there are, and is a slip: it is read as the one that was meant. */
function parseAsMeant(parse: Parse, spec: unknown): ReturnType<Parse> {
  const parsed = parse(spec);
  if (parsed.ok) return parsed;
  const slips = parsed.faults.map((fault) => ({ fault, meant: meantValue(fault) }));
  const faults = parsed.faults.map(nameValue);
  const mended = structuredClone(spec);
  for (const { fault, meant } of slips) if (meant !== undefined) setAt(mended, fault.path, meant);
  const again = parse(mended);
  const known = new Set(parsed.faults.map(({ path }) => path));
  return { ok: false, faults: [...faults, ...(again.ok ? [] : again.faults.filter(({ path }) => !known.has(path)))] };
}

function nameValue(fault: ConfigFault): ConfigFault {
  const meant = meantValue(fault);
  return meant === undefined ? fault : { ...fault, message: `${fault.message}; did you mean ${meant}?` };
}

/** Of the values that are expected, the one that was meant. */
function meantValue({ message }: ConfigFault): string | undefined {
  const [, word = "", names = ""] = /^received string "([^"]*)", expected one of (".*")$/.exec(message) ?? [];
  return similarTo(
    word,
    [...names.matchAll(/"([^"]*)"/g)].map(([, name = ""]) => name),
  );
}

/** Sets what lies at a path such as `spec.stages[0].kind`. */
function setAt(spec: unknown, path: string, value: string): void {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
  const last = steps.pop() ?? "";
  let at = spec;
  for (const step of steps.slice(1)) at = (at as Readonly<Record<string, unknown>> | undefined)?.[step];
  if (typeof at === "object" && at !== null && Object.hasOwn(at, last)) Object.assign(at, { [last]: value });
}

function metadataOf(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { metadata } = document;
  return typeof metadata === "object" && metadata !== null ? (metadata as Readonly<Record<string, unknown>>) : {};
}

function nameOf(document: Readonly<Record<string, unknown>>): Named {
  const { name, generateName, namespace } = metadataOf(document);
  return {
    name: typeof name === "string" ? name : `${String(generateName)}*`,
    namespace: typeof namespace === "string" ? namespace : "default",
  };
}

const envelopeFields = ["apiVersion", "kind", "metadata", "spec", "status"];
const metadataFields =
  "name namespace generateName labels annotations finalizers ownerReferences uid resourceVersion generation creationTimestamp deletionTimestamp managedFields selfLink".split(
    " ",
  );

/** A field that isn't one, with the one beside it that was probably meant. */
function nameField(fault: ConfigFault, paths: readonly string[]): ConfigFault {
  if (!fault.message.endsWith("expected no such field")) return fault;
  const at = fault.path.lastIndexOf(".");
  const above = `${fault.path.slice(0, at).replace(/\[\d+\]/g, "[]")}.`;
  const beside = paths.flatMap((path) =>
    path.startsWith(above) ? [path.slice(above.length).split(/[.[]/)[0] ?? ""] : [],
  );
  return { ...fault, message: `${fault.message}${didYouMean(fault.path.slice(at + 1), [...new Set(beside)])}` };
}

function envelopeFaults(document: Readonly<Record<string, unknown>>): ConfigFault[] {
  const wanted = `${apiGroup}/${apiVersion}`;
  const faults: ConfigFault[] = [];
  if (document["apiVersion"] !== wanted) {
    faults.push({ path: "apiVersion", message: `received ${describe(document["apiVersion"])}, expected "${wanted}"` });
  }
  const metadata = metadataOf(document);
  return [
    ...faults,
    ...metadataFaults(metadata),
    ...foreign(document, "", envelopeFields),
    ...foreign(metadata, "metadata.", metadataFields),
  ];
}

function foreign(object: Readonly<Record<string, unknown>>, above: string, known: readonly string[]): ConfigFault[] {
  return Object.entries(object)
    .filter(([field]) => !known.includes(field))
    .map(([field, value]) => ({
      path: `${above}${field}`,
      message: `received ${describe(value, field)}, expected no such field${didYouMean(field, known)}`,
    }));
}
