// The examples that docs/resource.md prints, applied; and that no field goes without.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { z } from "zod";
import { migrationActDescriptions, migrationDescriptions } from "#descriptions.ts";
import { exampleStatus } from "#example-status.ts";
import { faultsOfIssue } from "#faults.ts";
import { exampleOf, faultPath, refusalOf, valueAt, withValues } from "#field-example.ts";
import { actExamples, exampleAct, specExamples } from "#field-examples.ts";
import { migrationActSpecSchema } from "#migration.ts";
import { migrationSpecSchema } from "#migration-spec.ts";
import { migrationStatusSchema } from "#migration-status.ts";
import { parseMigrationActSpec, parseMigrationSpec } from "#parse.ts";
import { renderResourcePage } from "#resource-doc.ts";
import { type SchemaField, schemaFields } from "#schema-fields.ts";
import { statusExampleOf } from "#status-examples.ts";

type Document = Readonly<Record<string, unknown>>;

function manifest(file: string): Document {
  return parse(readFileSync(new URL(`../../examples/${file}`, import.meta.url), "utf8")) as Document;
}

const toQdrant = manifest("default/migration.yaml");
const toPgvector = manifest("full/pgvector.yaml");

const specFields = schemaFields(migrationSpecSchema, "spec");
const statusFields = schemaFields(migrationStatusSchema, "status");
const actFields = schemaFields(migrationActSpecSchema, "spec");

/** `path (variant)`, as the name of a case. */
function named(fields: readonly SchemaField[]): (readonly [string, SchemaField])[] {
  return fields.map((field) => [field.variant === undefined ? field.path : `${field.path} (${field.variant})`, field]);
}

function faultsOf(parsed: ReturnType<typeof parseMigrationSpec> | ReturnType<typeof parseMigrationActSpec>) {
  return parsed.ok ? [] : parsed.faults;
}

function statusFaults(status: unknown) {
  const parsed: z.ZodSafeParseResult<unknown> = migrationStatusSchema.safeParse(status, { reportInput: true });
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => faultsOfIssue(issue, "status"));
}

describe("examples of the spec's fields", () => {
  it.each(named(specFields))(
    "%s: the one is taken in the default manifest, the other refused with its words",
    (_name, field) => {
      const example = exampleOf(specExamples, field);
      if (example === undefined) throw new Error(`${field.path}: no row in crds/src/field-examples.ts`);
      const [accepted, refused, , beside] = example;
      const document = withValues(field.variant === "pgvector" ? toPgvector : toQdrant, beside ?? {});
      const taken = withValues(document, { [field.path]: accepted });
      expect(valueAt(taken, field.path)).toEqual(accepted);
      expect(faultsOf(parseMigrationSpec(taken["spec"]))).toEqual([]);
      const { spec } = withValues(document, { [field.path]: refused });
      expect(faultsOf(parseMigrationSpec(spec))).toEqual([
        { path: faultPath(field.path), message: refusalOf(example) },
      ]);
    },
  );

  it("stand in no row without a field", () => {
    const known = new Set(specFields.flatMap(({ path, variant }) => [path, `${variant}:${path}`]));
    expect(Object.keys(specExamples).filter((key) => !known.has(key))).toEqual([]);
  });

  it("differ from the default wherever there is something else to say", () => {
    const same = specFields.filter((field) => {
      const accepted = exampleOf(specExamples, field)?.[0];
      return accepted === field.default && field.range !== `\`${String(field.default)}\``;
    });
    // The name of the alert is the users'; the other source of metrics isn't built.
    expect(same.map(({ path }) => path)).toEqual(["spec.rollback.alert", "spec.metrics.source"]);
  });
});

describe("examples of the status' fields", () => {
  it("are together a status", () => {
    expect(statusFaults(exampleStatus)).toEqual([]);
  });

  it.each(named(statusFields))("%s: a wrong value is refused with its words", (_name, field) => {
    const example = statusExampleOf(field.path);
    if (example === undefined)
      throw new Error(`${field.path}: no row in crds/src/status-examples.ts, or no value in example-status.ts`);
    const { status } = withValues({ status: exampleStatus }, { [field.path]: example[1] });
    expect(statusFaults(status)).toEqual([{ path: faultPath(field.path), message: refusalOf(example) }]);
  });
});

describe("examples of an act's fields", () => {
  it.each(named(actFields))("%s: the one is taken, the other refused with its words", (_name, field) => {
    const example = exampleOf(actExamples, field);
    if (example === undefined) throw new Error(`${field.path}: no row in crds/src/field-examples.ts`);
    const [accepted, refused, , beside] = example;
    const document = withValues(exampleAct, beside ?? {});
    const taken = withValues(document, { [field.path]: accepted });
    expect(faultsOf(parseMigrationActSpec(taken["spec"]))).toEqual([]);
    const { spec } = withValues(document, { [field.path]: refused });
    expect(faultsOf(parseMigrationActSpec(spec))).toEqual([
      { path: faultPath(field.path), message: refusalOf(example) },
    ]);
  });
});

describe("the page of the resources", () => {
  const page = renderResourcePage();

  it("says what every field means", () => {
    const silent = [
      ...[...specFields, ...statusFields].filter(({ path }) => migrationDescriptions[path] === undefined),
      ...actFields.filter(({ path }) => migrationActDescriptions[path] === undefined),
    ];
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it("has a row of six cells for every field, none of them empty", () => {
    const rows = page.split("\n").map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
    const shown = [...specFields, ...statusFields, ...actFields].filter(
      ({ path }) => !path.startsWith("status.evidence.vanished."),
    );
    for (const { path } of shown) {
      const row = rows.find((cells) => cells[1] === `\`${path}\`` && cells.length === 8);
      expect({ path, empty: row?.slice(1, 7).filter((cell) => cell === "") }).toEqual({ path, empty: [] });
    }
  });
});
