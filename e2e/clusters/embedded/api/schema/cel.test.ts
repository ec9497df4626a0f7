// CEL rules: the types of values, transitions, messages.
import { describe, expect, it } from "vitest";
import { evaluateRules } from "./cel.ts";
import type { Rule, Schema } from "./schema.ts";

const parts: Schema = {
  type: "object",
  properties: {
    count: { type: "integer" },
    rate: { type: "number" },
    "dashed-name": { type: "string" },
    free: { type: "object", additionalProperties: { type: "integer" } },
    list: { type: "array", items: { type: "object", properties: { rate: { type: "number" } } } },
  },
};

function withRule(rule: Rule): Schema {
  return { ...parts, "x-kubernetes-validations": [rule] };
}

function messages(rule: Rule, value: unknown, old?: unknown): readonly string[] {
  return evaluateRules({ schema: withRule(rule), value, old, path: "spec" }).map((cause) => cause.message);
}

describe("values in rules", () => {
  const holding: readonly (readonly [string, unknown])[] = [
    ["self.count / 2 == 1", { count: 3 }],
    ["self.rate / 2.0 == 0.5", { rate: 1 }],
    ["self.rate < 1", { rate: 0.02 }],
    ["self.dashed__dash__name == 'x'", { "dashed-name": "x" }],
    ["self.free.all(key, self.free[key] > 0)", { free: { a: 1, b: 2 } }],
    ["self.list.map(one, one.rate).all(rate, rate < 1)", { list: [{ rate: 0.1 }, { rate: 0.2 }] }],
    ["duration('1h30m') > duration('80m')", {}],
    ["!has(self.count)", {}],
  ];

  it.each(holding)("%s holds", (rule, value) => {
    expect(messages({ rule }, value)).toEqual([]);
  });

  it.each([
    ["self.count > 1", "No such key"],
    ["noSuchFunction(self)", "noSuchFunction"],
    ["self.count >", "rule evaluation error"],
  ])("%s fails with the reason", (rule, why) => {
    expect(messages({ rule }, {})[0]).toContain(why);
  });
});

describe("transitions", () => {
  it("a rule on oldSelf is skipped on create and asked on every update", () => {
    const rule = { rule: "self.count >= oldSelf.count", message: "never falls" };
    expect(messages(rule, { count: 1 })).toEqual([]);
    expect(messages(rule, { count: 1 }, { count: 2 })).toEqual(['Invalid value: "object": never falls']);
  });

  it("any other rule is not asked again about an unchanged value", () => {
    const rule = { rule: "self.count < 1" };
    expect(messages(rule, { count: 5 }, { count: 5 })).toEqual([]);
    expect(messages(rule, { count: 6 }, { count: 5 })).toHaveLength(1);
  });
});
