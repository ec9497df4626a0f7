// The examples that docs/resource.md prints, applied; and that no field goes without.
import { readFileSync } from "node:fs";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import { doc } from "@retriever/stores/config/field-doc.ts";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseShape } from "#faults.ts";
import { documented } from "#fields/documented.ts";
import { migrationActSpecSchema } from "#migration.ts";
import { parseMigrationActSpec, parseMigrationSpec } from "#parse.ts";
import { documentFor, exampleDocument, faultPath, valueAt, withValues } from "#reference/field-example.ts";
import { type SchemaField, schemaFields } from "#reference/schema-fields.ts";
import { migrationSpecSchema } from "#spec/migration-spec.ts";
import { migrationStatusSchema } from "#status/migration-status.ts";

type Document = Readonly<Record<string, unknown>>;

function fileOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

const toQdrant = parse(fileOf("examples/default/migration.yaml")) as Document;
const toPgvector = parse(fileOf("examples/full/pgvector.yaml")) as Document;

const specFields = schemaFields(migrationSpecSchema, "spec");
const statusFields = schemaFields(migrationStatusSchema, "status");
const actFields = schemaFields(migrationActSpecSchema, "spec");

const exampleStatus = exampleDocument(statusFields)["status"];
const exampleAct = exampleDocument(actFields.filter(({ required }) => required));

/** The page as it is checked in: rows of six cells. */
const rows = fileOf("docs/resource.md")
  .split("\n")
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")))
  .filter((cells) => cells.length === 8);

/** The cells of a field's rows: one, or one per kind of store. */
function rowsOf({ path }: SchemaField): string[][] {
  // The counters that the release before wrote share the rows of those that are written now.
  const shown = path.replace(/evidence\.(vanished|pods\[\]\.counters)\./, "evidence.counted.");
  return rows.filter((cells) => cells[1] === `\`${shown}\``);
}

/** One fault, at the field, in the words of the page. */
function refusalOf(field: SchemaField) {
  const words = rowsOf(field).map((cells) => cells[6]);
  return [{ path: faultPath(field.path), message: expect.toBeOneOf(words) }];
}

/** `path (variant)`, as the name of a case. */
function named(fields: readonly SchemaField[]): (readonly [string, SchemaField])[] {
  return fields.map((field) => [field.variant === undefined ? field.path : `${field.path} (${field.variant})`, field]);
}

function faultsOf(parsed: ReturnType<typeof parseMigrationSpec> | ReturnType<typeof parseMigrationActSpec>) {
  return parsed.ok ? [] : parsed.faults;
}

function statusFaults(status: unknown): readonly ConfigFault[] {
  return parseShape(migrationStatusSchema, status, "status").faults;
}

describe("examples of the spec's fields", () => {
  it.each(named(specFields))(
    "%s: the one is taken in the default manifest, the other refused with its words",
    (_name, field) => {
      const document = documentFor(field, specFields, field.variant === "pgvector" ? toPgvector : toQdrant);
      const taken = withValues(document, { [field.path]: field.taken });
      expect(field.taken).toBeDefined();
      expect(valueAt(taken, field.path)).toEqual(field.taken);
      expect(faultsOf(parseMigrationSpec(taken["spec"]))).toEqual([]);
      const { spec } = withValues(document, { [field.path]: field.refused });
      expect(faultsOf(parseMigrationSpec(spec))).toEqual(refusalOf(field));
    },
  );

  it("differ from the default wherever there is something else to say", () => {
    const same = specFields.filter(
      (field) => field.taken === field.default && field.range !== `\`${String(field.default)}\``,
    );
    // The name of the alert is the users'; the other sources of metrics are the administrator's.
    expect(same.map(({ path }) => path)).toEqual(["spec.rollback.alert", "spec.metrics.source"]);
  });
});

describe("examples of the status' fields", () => {
  it("are together a status, with every field", () => {
    expect(statusFaults(exampleStatus)).toEqual([]);
    const missing = statusFields.filter(({ path }) => valueAt({ status: exampleStatus }, path) === undefined);
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it.each(named(statusFields))("%s: a wrong value is refused with its words", (_name, field) => {
    const { status } = withValues({ status: exampleStatus }, { [field.path]: field.refused });
    expect(statusFaults(status)).toEqual(refusalOf(field));
  });
});

describe("examples of an act's fields", () => {
  it.each(named(actFields))("%s: the one is taken, the other refused with its words", (_name, field) => {
    const document = documentFor(field, actFields, exampleAct);
    const taken = withValues(document, { [field.path]: field.taken });
    expect(field.taken).toBeDefined();
    expect(faultsOf(parseMigrationActSpec(taken["spec"]))).toEqual([]);
    const { spec } = withValues(document, { [field.path]: field.refused });
    expect(faultsOf(parseMigrationActSpec(spec))).toEqual(refusalOf(field));
  });
});

describe("docs of fields", () => {
  it("stand at every field", () => {
    const silent = [...specFields, ...statusFields, ...actFields].filter(
      ({ description }) => description === undefined,
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it("are rows of six cells on the page, none of them empty", () => {
    for (const field of [...specFields, ...statusFields, ...actFields]) {
      const [row] = rowsOf(field);
      const empty = row?.slice(1, 7).filter((cell) => cell === "");
      expect({ path: field.path, empty }).toEqual({ path: field.path, empty: [] });
    }
  });

  it("of the contract's schemas name only fields that are there, and leave the contract's schema without", () => {
    const contract = z.strictObject({ port: z.int().min(1).optional() });
    const here = documented(contract, { port: doc("Port of the store.", 5432) });
    expect(schemaFields(here, "spec")).toMatchObject([{ description: "Port of the store.", taken: 5432, refused: 0 }]);
    expect(schemaFields(contract, "spec")).toMatchObject([{ description: undefined, taken: undefined }]);
    expect(() => documented(contract, { prot: doc("Port of the store.") })).toThrow(TypeError);
  });
});
