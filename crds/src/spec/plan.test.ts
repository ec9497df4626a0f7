import fc from "fast-check";
import { expect, it } from "vitest";
import { migrationSpecSchema } from "./migration-spec.ts";
import { canonicalJson, planHash, validationHash } from "./plan.ts";

const minimal = { target: { name: "a" }, destination: { kind: "qdrant", url: "http://q:6333", collection: "c" } };

it("hashes a spec to 16 hex digits that don't depend on the order of fields or on written-out defaults", () => {
  const spec = migrationSpecSchema.parse(minimal);
  const reversed = Object.fromEntries(Object.entries(spec).toReversed()) as typeof spec;
  expect(planHash(spec)).toMatch(/^[0-9a-f]{16}$/);
  expect(planHash(reversed)).toBe(planHash(spec));
  expect(planHash(migrationSpecSchema.parse({ ...minimal, mode: "Migrate" }))).toBe(planHash(spec));
  expect(planHash(migrationSpecSchema.parse({ ...minimal, data: { copy: "Never", sync: "Never" } }))).toBe(
    planHash(spec),
  );
});

it("changes with any value", () => {
  const spec = migrationSpecSchema.parse(minimal);
  expect(planHash({ ...spec, mode: "Validate" })).not.toBe(planHash(spec));
  expect(planHash(migrationSpecSchema.parse({ ...minimal, data: { copy: "IfIncomplete" } }))).not.toBe(planHash(spec));
  expect(planHash(migrationSpecSchema.parse({ ...minimal, data: { sync: "Continuous" } }))).not.toBe(planHash(spec));
  expect(planHash({ ...spec, stages: spec.stages.toReversed() })).not.toBe(planHash(spec));
});

it("hashes what a validation proves whatever the mode, the people and the place, and nothing less", () => {
  const spec = migrationSpecSchema.parse(minimal);
  const elsewhere = migrationSpecSchema.parse({
    target: { name: "b" },
    destination: { ...minimal.destination, url: "https://other:6333", apiKey: { fromEnv: "RETRIEVER_CRED_Q" } },
    mode: "Validate",
    requestedBy: "user-a",
    data: { copy: "IfIncomplete" },
    checklist: { parity: { policy: "Skip" } },
  });
  expect(validationHash(elsewhere)).toBe(validationHash(spec));
  expect(validationHash({ ...spec, stages: spec.stages.slice(1) })).not.toBe(validationHash(spec));
  expect(validationHash({ ...spec, guard: { ...spec.guard, duration: "1h" } })).not.toBe(validationHash(spec));
  const other = migrationSpecSchema.parse({ ...minimal, destination: { ...minimal.destination, collection: "d" } });
  expect(validationHash(other)).not.toBe(validationHash(spec));
});

it("prints canonical JSON that reads back as the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
