import { readdirSync, readFileSync } from "node:fs";
import { baseConfigSchema, baseFileNames } from "@retriever/sidecar/contract/base.ts";
import { adminPort, overlayName, retrievePort, sidecarContainer } from "@retriever/sidecar/contract/names.ts";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { migrationActKind, migrationKind } from "#manifest/kinds.ts";
import type { StructuralSchema } from "#manifest/schema-node.ts";
import { rootSchema } from "#manifest/to-crd.ts";
import { parseMigrationActSpec, parseMigrationSpec } from "#parse.ts";
import { checkNames } from "#spec/checklist-spec.ts";
import { migrationSpecSchema } from "#spec/migration-spec.ts";
import { describeChecks } from "#spec/resolve-checks.ts";
import { violations, withDefaults } from "#test/admission.ts";

const folder = new URL("../../examples/", import.meta.url);

type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
};

function textOf(file: string): string {
  return readFileSync(new URL(file, folder), "utf8");
}

/** As kubectl reads it: YAML 1.1. */
function manifestOf(file: string): Manifest {
  return parse(textOf(file), { version: "1.1" }) as Manifest;
}

function filesOf(name: string): string[] {
  const files = readdirSync(new URL(`${name}/`, folder)).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => `${name}/${file}`);
}

function parsed(manifest: Manifest) {
  return manifest.kind === "MigrationAct" ? parseMigrationActSpec(manifest.spec) : parseMigrationSpec(manifest.spec);
}

/** The operator answers them with nothing but the application itself. */
const answeredAlone: readonly string[] = ["reachable", "alerts"];
const accepted = [...filesOf("default"), ...filesOf("full")];

describe("examples of migrations", () => {
  it.each([...accepted, ...filesOf("approvals"), ...filesOf("large-fleet"), "quickstart/migration.yaml"])(
    "%s is accepted by schema and rules, under its right name",
    (file) => {
      const manifest = manifestOf(file);
      expect(manifest).toMatchObject({ apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration" });
      expect(parsed(manifest)).toMatchObject({ ok: true });
      const schema = rootSchema(migrationKind);
      expect(violations(schema, withDefaults(schema, manifest))).toEqual([]);
    },
  );

  it.each(accepted)("%s skips the checks that need something beside the application, and no other", (file) => {
    const skipped = describeChecks(migrationSpecSchema.parse(manifestOf(file).spec))
      .filter(({ policy }) => policy === "Skip")
      .map(({ check }) => check);
    expect(skipped.toSorted()).toEqual(checkNames.filter((name) => !answeredAlone.includes(name)).toSorted());
  });

  it("full writes out every field with its default", () => {
    const schema = rootSchema(migrationKind).properties?.["spec"] ?? {};
    const { spec } = manifestOf("full/migration.yaml");
    expect(withDefaults(schema, spec)).toEqual(spec);
    const written = new Set([...pathsOf(spec), ...pathsOf(manifestOf("full/pgvector.yaml").spec)]);
    expect(schemaPaths(schema).filter((path) => !written.has(path))).toEqual([
      "destination.user.fromFile",
      "destination.password.fromEnv",
      "destination.apiKey.fromFile",
      "checklist.staging.result",
    ]);
    const onlyDefaults = parseMigrationSpec({ target: spec["target"], destination: spec["destination"] });
    expect(onlyDefaults).toMatchObject({
      ok: true,
      spec: {
        stages: spec["stages"],
        thresholds: spec["thresholds"],
        guard: spec["guard"],
        rollback: spec["rollback"],
        recall: spec["recall"],
        slices: spec["slices"],
      },
    });
  });
});

describe("examples that are refused", () => {
  it.each(filesOf("refused"))("%s is refused with exactly the words it states", (file) => {
    const manifest = manifestOf(file);
    const stated = [...textOf(file).matchAll(/^# refused: (.+)$/gm)].map(([, words]) => words ?? "");
    const result = parsed(manifest);
    const faults = result.ok ? [] : result.faults.map(({ path, message }) => `${path}: ${message}`);
    expect(stated.length).toBeGreaterThan(0);
    expect(faults.toSorted()).toEqual(stated.toSorted());
    expect(readme("refused")).toContain(file.replace("refused/", ""));
  });

  it.each(["falling-stages", "two-stores-in-one", "short-deadline", "waive-nothing"])(
    "%s is refused by the API server's rules as well",
    (name) => {
      const manifest = manifestOf(`refused/${name}.yaml`);
      const schema = rootSchema(manifest.kind === "MigrationAct" ? migrationActKind : migrationKind);
      expect(violations(schema, withDefaults(schema, manifest))).toHaveLength(1);
    },
  );
});

describe("the example application", () => {
  it.each(["application/base-pgvector.yaml", "application/base-qdrant.yaml"])("%s is a valid base", (file) => {
    const entries = Object.entries(manifestOf(file).data ?? {});
    expect(entries).toHaveLength(1);
    for (const [name, text] of entries) {
      expect(baseFileNames).toContain(name);
      expect(baseConfigSchema.safeParse(parse(text)).error).toBeUndefined();
    }
  });

  it("has pods as the operator expects them", () => {
    const deployment = manifestOf("application/deployment.yaml");
    const pod = (deployment.spec["template"] as { readonly spec: PodSpec }).spec;
    const sidecar = pod.initContainers.find(({ name }) => name === sidecarContainer);
    // Without it the application would wait for the sidecar to end.
    expect(sidecar?.restartPolicy).toBe("Always");
    expect(sidecar?.ports.map(({ name }) => name)).toEqual([retrievePort, adminPort]);
    expect(sidecar?.volumeMounts.some((mount) => "subPath" in mount)).toBe(false);
    expect(pod.volumes[0]?.projected.sources).toEqual([
      { configMap: { name: manifestOf("application/base-pgvector.yaml").metadata.name } },
      {
        configMap: {
          name: overlayName(deployment.metadata.name),
          optional: true,
          // No other key of it can stand in the place of a file of the base.
          items: [{ key: "migration.json", path: "migration.json" }],
        },
      },
    ]);
    const names = sidecar?.env.map(({ name }) => name) ?? [];
    expect(names).toContain("RETRIEVER_ALLOWED_HOSTS");
    const { destination } = manifestOf("default/migration.yaml").spec as {
      readonly destination: { readonly url: string; readonly apiKey: { readonly fromEnv: string } };
    };
    expect(names).toContain(destination.apiKey.fromEnv);
    const allowed = sidecar?.env.find(({ name }) => name === "RETRIEVER_ALLOWED_HOSTS")?.value;
    expect(allowed).toBe(`${new URL(destination.url).host}=${destination.apiKey.fromEnv}`);
  });
});

type PodSpec = {
  readonly initContainers: readonly {
    readonly name: string;
    readonly restartPolicy?: string;
    readonly ports: readonly { readonly name: string }[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly volumeMounts: readonly object[];
  }[];
  readonly volumes: readonly { readonly projected: { readonly sources: readonly unknown[] } }[];
};

function readme(name: string): string {
  return textOf(`${name}/README.md`);
}

/** Dotted paths of all leaves and objects of a value; list items share their list's path. */
function pathsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item) => pathsOf(item, path))];
  if (typeof value !== "object" || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, path === "" ? name : `${path}.${name}`)),
  ];
}

/** The same of everything a schema allows. */
function schemaPaths(schema: StructuralSchema, path = ""): string[] {
  if (schema.items !== undefined) return schemaPaths(schema.items, path);
  const children = Object.entries(schema.properties ?? {});
  return [path, ...children.flatMap(([name, child]) => schemaPaths(child, path === "" ? name : `${path}.${name}`))];
}
