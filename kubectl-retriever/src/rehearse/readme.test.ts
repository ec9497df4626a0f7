// The first manifest of README.md, taken from its text: whoever copies it gets a migration that completes.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { migrationOf, readmeManifest, scenarioNamed } from "#test/rehearse/library.ts";
import { traceOf } from "#test/rehearse/trace.ts";
import { rehearse } from "./rehearse.ts";

type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: { readonly checklist: Readonly<Record<string, unknown>> };
};

const manifest = parse(readmeManifest(), { version: "1.1" }) as Manifest;
const skips = Object.keys(manifest.spec.checklist);

describe("the manifest at the head of README.md", () => {
  it("is a RetrieverMigration that skips the staging result and the smoke tests, and nothing else", () => {
    expect(manifest).toMatchObject({ apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration" });
    const skip = { policy: "Skip" };
    expect(manifest.spec.checklist).toEqual({ staging: skip, smokeTests: skip });
  });

  it("completes when people approve and promote it and the destination is sound", () => {
    const rehearsal = rehearse(migrationOf(readmeManifest()), scenarioNamed("healthy"), 1);
    expect({ trace: traceOf(rehearsal).split(" > ").at(-1), ending: rehearsal.ending }).toEqual({
      trace: "Completed",
      ending: "ended",
    });
    expect(rehearsal.unreached).toEqual([]);
  }, 120_000);

  it.each(skips)(
    "never leaves Preflight without the skip of %s",
    (name) => {
      const { [name]: _, ...others } = manifest.spec.checklist;
      const text = JSON.stringify({ ...manifest, spec: { ...manifest.spec, checklist: others } });
      const rehearsal = rehearse(migrationOf(text), scenarioNamed("healthy"), 1);
      expect(traceOf(rehearsal)).toBe("Preflight");
    },
    120_000,
  );
});
