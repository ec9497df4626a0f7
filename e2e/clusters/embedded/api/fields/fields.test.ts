// Laws of field sets and of server-side apply, on random objects under a schema with every kind of list.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KubeObject, valueAt } from "../model/json.ts";
import { mapList, record, type Schema, text, textList, textMap, textSet, withObjectFields } from "../schema/schema.ts";
import { difference, fromFieldsV1, intersection, isEmpty, toFieldsV1, union } from "./field-set.ts";
import { applyConfiguration, trackUpdate, type WriteContext } from "./managers.ts";
import { compare, fieldSetOf } from "./typed.ts";

const part = record({ name: text, value: text });
const spec = record({ a: text, b: text, map: textMap, set: textSet, atoms: textList, parts: mapList(["name"], part) });
const schema: Schema = withObjectFields(record({ spec }));

const word = fc.constantFrom("x", "y", "z");
const optional = { requiredKeys: [] as [] };
const specs = fc.record(
  {
    a: word,
    b: word,
    map: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
    set: fc.uniqueArray(word),
    atoms: fc.array(word, { maxLength: 3 }),
    parts: fc.uniqueArray(fc.record({ name: word, value: word }), { selector: (one) => one.name }),
  },
  optional,
);

function object(of: unknown): KubeObject {
  return { apiVersion: "v1", kind: "Thing", metadata: { name: "one" }, spec: of };
}

function context(manager: string, operation: "Apply" | "Update" = "Apply"): WriteContext {
  return {
    schema,
    writer: { manager, operation, apiVersion: "v1", subresource: "" },
    time: "2026-01-01T00:00:00Z",
    reset: [],
  };
}

function stored(applied: {
  readonly object: KubeObject;
  readonly managedFields: KubeObject["metadata"]["managedFields"];
}): KubeObject {
  const { object: made, managedFields = [] } = applied;
  return { ...made, metadata: { ...made.metadata, managedFields } };
}

describe("field sets", () => {
  it("survive being written and read", () => {
    fc.assert(
      fc.property(specs, (of) => {
        const set = fieldSetOf(schema, object(of));
        expect(toFieldsV1({ ...fromFieldsV1(toFieldsV1(set)), member: false })).toEqual(toFieldsV1(set));
      }),
    );
  });

  it("split into what both have and what only one has", () => {
    fc.assert(
      fc.property(specs, specs, (one, two) => {
        const [left, right] = [fieldSetOf(schema, object(one)), fieldSetOf(schema, object(two))];
        expect(toFieldsV1(union(intersection(left, right), difference(left, right)))).toEqual(toFieldsV1(left));
      }),
    );
  });

  it("find no difference between an object and itself", () => {
    fc.assert(
      fc.property(specs, (of) => {
        const { added, modified, removed } = compare(schema, object(of), object(of));
        expect([added, modified, removed].every(isEmpty)).toBe(true);
      }),
    );
  });
});

describe("server-side apply", () => {
  it("by one manager yields what was applied, whatever it applied before", () => {
    fc.assert(
      fc.property(specs, specs, (before, after) => {
        const live = stored(applyConfiguration(context("one"), undefined, object(before), false));
        const { object: made, conflicts } = applyConfiguration(context("one"), live, object(after), false);
        expect(conflicts).toEqual([]);
        expect(normal(made)).toEqual(normal(object(after)));
      }),
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(specs, specs, (other, mine) => {
        const base = stored(applyConfiguration(context("other"), undefined, object(other), false));
        const once = stored(applyConfiguration(context("me"), base, object(mine), true));
        const twice = applyConfiguration(context("me"), once, object(mine), false);
        expect(twice.conflicts).toEqual([]);
        expect(stored(twice)).toEqual(once);
      }),
    );
  });

  it("by two managers who agree never conflicts, and one leaving takes nothing of the other's", () => {
    fc.assert(
      fc.property(specs, (of) => {
        const first = stored(applyConfiguration(context("one"), undefined, object(of), false));
        const second = applyConfiguration(context("two"), first, object(of), false);
        expect(second.conflicts).toEqual([]);
        const left = applyConfiguration(context("one"), stored(second), object({}), false);
        expect(normal(left.object)).toEqual(normal(object(of)));
      }),
    );
  });

  it("of another value than an editor's conflicts exactly there", () => {
    const live = stored(applyConfiguration(context("one"), undefined, object({ a: "x", b: "x" }), false));
    const edited: KubeObject = { ...live, spec: { a: "y", b: "x" } };
    const managedFields = trackUpdate(context("editor", "Update"), live, edited);
    const next = { ...edited, metadata: { ...edited.metadata, managedFields } };
    const { conflicts } = applyConfiguration(context("one"), next, object({ a: "x", b: "z" }), false);
    expect(conflicts.map(({ manager, paths }) => ({ manager, paths }))).toEqual([
      { manager: "editor", paths: [".spec.a"] },
    ]);
  });
});

/** Containers that hold nothing and the order of keyed items carry no meaning here. */
function normal(made: KubeObject): unknown {
  const of = (valueAt(made, "spec") ?? {}) as { readonly [name: string]: unknown };
  const rows = Object.entries(of).map(
    ([name, value]) => [name, name === "atoms" || !Array.isArray(value) ? value : value.toSorted(byText)] as const,
  );
  return Object.fromEntries(rows.filter(([name, value]) => name === "atoms" || !isHollow(value)));
}

function byText(left: unknown, right: unknown): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

function isHollow(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
