// The first manifest of README.md, taken from its text: whoever copies it gets a migration that completes.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exampleMigration, migrationOf, readmeManifest, scenarioNamed } from "#test/rehearse/library.ts";
import { traceOf } from "#test/rehearse/trace.ts";
import { rehearse } from "./rehearse.ts";

type Manifest = { readonly spec: Readonly<Record<string, unknown>> };

const manifest = parse(readmeManifest(), { version: "1.1" }) as Manifest;

describe("the manifest at the head of README.md", () => {
  it("is a RetrieverMigration of two fields", () => {
    expect(manifest).toMatchObject({ apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration" });
    expect(Object.keys(manifest.spec)).toEqual(["target", "destination"]);
  });

  it("completes when a person promotes it and the destination is sound", () => {
    const guarded = JSON.stringify({ ...manifest, spec: { ...manifest.spec, guard: { duration: "1h" } } });
    const rehearsal = rehearse(migrationOf(guarded), scenarioNamed("healthy"), 1);
    expect({ trace: traceOf(rehearsal).split(" > ").at(-1), ending: rehearsal.ending }).toEqual({
      trace: "Completed",
      ending: "ended",
    });
    expect(rehearsal.unreached).toEqual([]);
  });

  it("differs from the default example, of which the library is played, only in that it compares the stores", () => {
    const [{ spec }, example] = [migrationOf(readmeManifest()), exampleMigration("default")];
    const { policy, ...parity } = example.spec.checklist.parity;
    expect(policy).toBe("Skip");
    expect(spec).toEqual({ ...example.spec, checklist: { ...example.spec.checklist, parity } });
  });

  it("waits in Preflight for what only the profile Strict asks", () => {
    const strict = JSON.stringify({ ...manifest, spec: { ...manifest.spec, checklist: { profile: "Strict" } } });
    expect(traceOf(rehearse(migrationOf(strict), { ...scenarioNamed("healthy"), until: "1h" }, 1))).toBe("Preflight");
  });
});
