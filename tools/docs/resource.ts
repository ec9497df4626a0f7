// The page of the resources: every field with type, default, bounds, meaning, and what is taken and refused. Pure.
import { migrationActRules, migrationRules } from "../../crds/src/manifest/cel-rules.ts";
import { jsonSchemaOf } from "../../crds/src/manifest/schema-node.ts";
import { migrationActSpecSchema } from "../../crds/src/migration.ts";
import { policySpecSchema } from "../../crds/src/policy/policy-spec.ts";
import { exampleDocument, refusalOf, valueAt } from "../../crds/src/reference/field-example.ts";
import { type SchemaField, schemaFields } from "../../crds/src/reference/schema-fields.ts";
import { migrationSpecSchema } from "../../crds/src/spec/migration-spec.ts";
import { migrationStatusSchema } from "../../crds/src/status/migration-status.ts";
import { code, table } from "./markdown.ts";

type Schema = Parameters<typeof schemaFields>[0];

/** They have the fields of `status.evidence.counted`. */
const earlier = ["status.evidence.vanished.", "status.evidence.pods[].counters."];

/** Markdown of `docs/resource.md`. */
export function renderResourcePage(): string {
  return [
    ...opening,
    "## RetrieverMigration: spec",
    "",
    ...sections(migrationSpecSchema, "spec"),
    "### Rules between fields",
    "",
    ...rulesOf(migrationRules.filter(({ at }) => at === "" || at.startsWith("spec"))),
    "## RetrieverMigration: status",
    "",
    `${migrationStatusSchema.description} The examples are one status of a rollback that begins in the guard. \`status.evidence.vanished\` and \`status.evidence.pods[].counters\` have the fields of \`status.evidence.counted\`; the release before wrote them.`,
    "",
    ...sections(migrationStatusSchema, "status"),
    "### Rules of the status",
    "",
    "They bind every writer, the operator included. The steps between phases stand in [states.md](states.md).",
    "",
    ...rulesOf(migrationRules.filter(({ at }) => at.startsWith("status"))),
    "## MigrationAct: spec",
    "",
    ...fieldTable(rowsOf(migrationActSpecSchema, "spec")),
    ...rulesOf(migrationActRules),
    "## RetrieverMigrationPolicy: spec",
    "",
    `Cluster-scoped. ${policySpecSchema.description}`,
    "",
    ...fieldTable(rowsOf(policySpecSchema, "spec")),
  ].join("\n");
}

const opening = [
  "# The resources",
  "",
  "Generated from the schemas in `crds/src` by `make generate`; a stale page fails `make check`. `kubectl explain rmig.spec` says the same in the terminal.",
  "",
  "Two fields are enough: `spec.target.name` and `spec.destination`; everything else has a default. A test puts every value of the column *taken* into the [default manifest](../examples/default/migration.yaml) and creates it, and sees every value of the column *refused* refused: with exactly these words by whoever checks a manifest without a cluster, and under the field's name by the API server.",
  "",
  "A duration is one or more numbers with a unit: `30s`, `10m`, `1h30m`; units are `ms`, `s`, `m`, `h`. `[]` stands for any item of a list. A share lies between 0 and 1. *Required* means: wherever the object around the field is there.",
  "",
];

/** A field with the words of its refusal; in a status a list is shown as the examples of its items make it. */
type Row = SchemaField & { readonly refusal: string };

function rowsOf(schema: Schema, root: string): Row[] {
  const fields = schemaFields(schema, root).filter(({ path }) => !earlier.some((start) => path.startsWith(start)));
  const whole = exampleDocument(fields);
  return fields.map((field) => ({
    ...field,
    taken: field.taken ?? valueAt(whole, field.path),
    refusal: refusalOf(schema, root, field) ?? "",
  }));
}

/** One table per object right under the root, and one for what stands there alone. */
function sections(schema: Schema, root: string): string[] {
  const { properties } = jsonSchemaOf(schema);
  return [...Map.groupBy(rowsOf(schema, root), groupOf)].flatMap(([group, rows]) => {
    const [path = "", kind] = group.split(" ");
    const title = kind === undefined ? [`### ${path}`] : [`### ${path}, kind ${kind}`];
    const meaning = properties?.[path.split(".")[1] ?? ""]?.description;
    return [...title, "", ...(meaning === undefined ? [] : [meaning, ""]), ...fieldTable(rows)];
  });
}

function groupOf({ path, variant, type }: SchemaField): string {
  const [root = "", name = "", ...below] = path.split(".");
  if (below.length === 0 && type !== "list") return root;
  const top = `${root}.${name.replace("[]", "")}`;
  return variant === undefined ? top : `${top} ${variant}`;
}

function fieldTable(fields: readonly Row[]): string[] {
  const rows = fields.map((field) => [
    code(field.path),
    [field.type, field.range].filter((part) => part !== "").join(": "),
    field.default === undefined ? (field.required ? "**required**" : "none") : printed(field.default),
    field.description ?? "",
    field.taken === undefined ? "" : printed(field.taken),
    field.refusal.replaceAll("|", "\\|"),
  ]);
  return [...table(["field", "type", "default", "meaning", "taken", "refused"], rows), ""];
}

function rulesOf(rules: readonly { readonly at: string; readonly message: string }[]): string[] {
  const rows = rules.map(({ at, message }) => [at === "" ? "the object" : code(at), message]);
  return [...table(["at", "rule"], rows), ""];
}

/** A value as one writes it in a manifest; what is long, a list's items say below. */
function printed(value: unknown): string {
  const text = typeof value === "string" && value !== "" ? value : JSON.stringify(value);
  return code(text.length > longestValue ? `${text.slice(0, longestValue)}…` : text);
}

const longestValue = 80;
