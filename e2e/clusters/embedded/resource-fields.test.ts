// The examples that docs/resource.md prints, at the API: the one is created, the other refused under the field's name.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrationActSpecSchema } from "@retriever/crds/migration.ts";
import { documentFor, exampleDocument, faultPath, withValues } from "@retriever/crds/reference/field-example.ts";
import { type SchemaField, schemaFields } from "@retriever/crds/reference/schema-fields.ts";
import { migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { migrationStatusSchema, phases } from "@retriever/crds/status/migration-status.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { eventually } from "#support/eventually.ts";
import { at, type Body, type Client, connect, type Reply } from "../test/conformance/client.ts";
import { causeFields, definitions, expectFailure, expectStatus, mergePatch } from "../test/conformance/scene.ts";
import { type EmbeddedApi, startApi } from "./api/start-api.ts";

const root = new URL("../../../", import.meta.url);
const group = "/apis/retriever.dev/v1alpha1/namespaces/default";
const migrations = `${group}/retrievermigrations`;
const acts = `${group}/migrationacts`;

const specFields = schemaFields(migrationSpecSchema, "spec");
const actFields = schemaFields(migrationActSpecSchema, "spec");
const statusFields = schemaFields(migrationStatusSchema, "status");

let api: EmbeddedApi;
let client: Client;
let directory: string;
let toQdrant: Body;
let toPgvector: Body;
let count = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "resource-fields-"));
  api = await startApi({ directory });
  client = connect(api.kubeconfigPath("admin"));
  for (const kind of ["retrievermigrations", "migrationacts"]) {
    const definition = await read(`crds/manifests/retriever.dev_${kind}.yaml`);
    expectStatus(await client.request("POST", definitions, { body: definition }), 201);
    await eventually(kind, async () => (await client.request("GET", `${group}/${kind}`)).status === 200);
  }
  toQdrant = await read("examples/default/migration.yaml");
  toPgvector = await read("examples/full/pgvector.yaml");
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await api.close();
  await rm(directory, { recursive: true });
});

async function read(path: string): Promise<Body> {
  return parse(await readFile(new URL(path, root), "utf8")) as Body;
}

function create(path: string, document: Body): Promise<Reply> {
  count += 1;
  const metadata = { name: `field-${count}` };
  return client.request("POST", path, { body: { ...document, metadata } });
}

/** What the refusal names of the field: itself or, where a rule of its object refuses it, that object. */
function namedBy(reply: Reply, path: string): string[] {
  const field = faultPath(path);
  const fields = causeFields(expectFailure(reply, 422, "Invalid")).map(String);
  return fields.filter((at) => at.includes(".") && (field === at || field.startsWith(`${at}.`)));
}

function named(fields: readonly SchemaField[]): (readonly [string, SchemaField])[] {
  return fields.map((field) => [field.variant === undefined ? field.path : `${field.path} (${field.variant})`, field]);
}

describe("fields at the API", () => {
  it.each(named(specFields))("%s: example created, the other refused", async (_name, field) => {
    const document = documentFor(field, specFields, field.variant === "pgvector" ? toPgvector : toQdrant);
    expectStatus(await create(migrations, withValues(document, { [field.path]: field.taken })), 201);
    const reply = await create(migrations, withValues(document, { [field.path]: field.refused }));
    expect(namedBy(reply, field.path)).not.toEqual([]);
  });

  it.each(named(actFields))("MigrationAct %s: example created, the other refused", async (_name, field) => {
    const { spec } = exampleDocument(actFields.filter(({ required }) => required));
    const document = documentFor(field, actFields, {
      apiVersion: "retriever.dev/v1alpha1",
      kind: "MigrationAct",
      spec,
    });
    expectStatus(await create(acts, withValues(document, { [field.path]: field.taken })), 201);
    const reply = await create(acts, withValues(document, { [field.path]: field.refused }));
    expect(namedBy(reply, field.path)).not.toEqual([]);
  });

  it("takes the example status once its phases have gone before, and refuses it with any one field wrong", async () => {
    const object = expectStatus(await create(migrations, toQdrant), 201);
    const path = `${migrations}/${String(at(object, "metadata", "name"))}/status`;
    const write = (status: unknown) => client.request("PATCH", path, { body: { status }, contentType: mergePatch });
    // No step may be left out before the rollback of the example.
    for (const phase of phases.slice(1, phases.indexOf("Guard") + 1)) expectStatus(await write({ phase }), 200);
    const example = exampleDocument(statusFields);
    for (const field of statusFields) {
      const { status } = withValues(example, { [field.path]: field.refused });
      expect({ field, at: namedBy(await write(status), field.path) }).not.toMatchObject({ at: [] });
    }
    const written = expectStatus(await write(example["status"]), 200);
    expect(written["status"]).toEqual(example["status"]);
  });
});
