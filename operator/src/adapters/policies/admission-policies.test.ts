import { describe, expect, test } from "vitest";
import { isInForce, identityPolicyName as name } from "./admission-policies.ts";

const policy = { spec: { failurePolicy: "Fail" } };
const binding = { spec: { policyName: name, validationActions: ["Deny", "Audit"] } };

function narrowed(matchConstraints: object) {
  return { spec: { ...policy.spec, matchConstraints } };
}

describe("an admission policy", () => {
  test("is in force when it fails closed and is bound to deny; the server's default is to fail", () => {
    expect(isInForce({ name, policy, binding })).toBe(true);
    expect(isInForce({ name, policy: { spec: {} }, binding })).toBe(true);
    const matchConstraints = { namespaceSelector: {}, objectSelector: {}, resourceRules: [{ operations: ["CREATE"] }] };
    expect(isInForce({ name, policy: { spec: { matchConstraints } }, binding })).toBe(true);
  });

  test.each([
    ["there is no policy", undefined, binding],
    ["it isn't bound", policy, undefined],
    ["it fails open", { spec: { failurePolicy: "Ignore" } }, binding],
    ["it only warns", policy, { spec: { ...binding.spec, validationActions: ["Warn"] } }],
    ["it leaves namespaces out", narrowed({ namespaceSelector: { matchLabels: { proved: "yes" } } }), binding],
    ["it leaves objects out", narrowed({ objectSelector: { matchExpressions: [{ key: "a" }] } }), binding],
    ["it leaves resources out", narrowed({ excludeResourceRules: [{ resources: ["migrationacts"] }] }), binding],
    ["the binding is another policy's", policy, { spec: { ...binding.spec, policyName: "other" } }],
    [
      "the binding leaves objects out",
      policy,
      { spec: { ...binding.spec, matchResources: { namespaceSelector: {} } } },
    ],
  ])("isn't when %s", (_name, policy, binding) => {
    expect(isInForce({ name, policy, binding })).toBe(false);
  });
});
