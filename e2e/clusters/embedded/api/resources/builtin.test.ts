// The rules of metadata and keys, and where they refuse.
import { describe, expect, it } from "vitest";
import { evaluateRules } from "../schema/cel.ts";
import { configMapSchema } from "./builtin-schema.ts";

function fieldsOf(value: unknown): readonly string[] {
  return evaluateRules({ schema: configMapSchema, value, old: undefined, path: "" }).map(({ field, message }) =>
    message.includes("rule evaluation error") ? message : field,
  );
}

describe("the rules of a ConfigMap", () => {
  it.each([
    { data: { "a.json": "" } },
    {},
    { metadata: { labels: { "app.kubernetes.io/name": "a.b_c", tier: "" }, finalizers: ["a.b/c"] } },
  ])("let pass %j", (value) => {
    expect(fieldsOf(value)).toEqual([]);
  });

  it.each([
    [{ metadata: { labels: { "a b": "" } } }, "metadata.labels"],
    [{ metadata: { labels: { a: "-" } } }, "metadata.labels"],
    [{ metadata: { labels: { a: "x".repeat(64) } } }, "metadata.labels"],
    [{ metadata: { annotations: { "/a": "" } } }, "metadata.annotations"],
    [{ metadata: { finalizers: ["a/b/c"] } }, "metadata.finalizers"],
    [{ metadata: { ownerReferences: [{ uid: "1" }] } }, "metadata.ownerReferences[0].name"],
    [{ data: { "a/b": "" } }, "data"],
    [{ data: { "..": "" } }, "data"],
  ])("refuse %j at %s", (value, field) => {
    expect(fieldsOf(value)).toContain(field);
  });
});
