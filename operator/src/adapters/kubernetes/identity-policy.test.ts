import { describe, expect, test } from "vitest";
import { isActIdentityProved } from "./identity-policy.ts";

const policy = { spec: { failurePolicy: "Fail" } };
const binding = { spec: { policyName: "retriever-act-identity", validationActions: ["Deny", "Audit"] } };

describe("the policy that proves actors", () => {
  test("proves when it fails closed and is bound to deny; the server's default is to fail", () => {
    expect(isActIdentityProved(policy, binding)).toBe(true);
    expect(isActIdentityProved({ spec: {} }, binding)).toBe(true);
  });

  test.each([
    ["there is no policy", undefined, binding],
    ["it isn't bound", policy, undefined],
    ["it fails open", { spec: { failurePolicy: "Ignore" } }, binding],
    ["it only warns", policy, { spec: { ...binding.spec, validationActions: ["Warn"] } }],
    ["the binding is another policy's", policy, { spec: { ...binding.spec, policyName: "other" } }],
    [
      "the binding leaves objects out",
      policy,
      { spec: { ...binding.spec, matchResources: { namespaceSelector: {} } } },
    ],
  ])("proves nothing when %s", (_name, policy, binding) => {
    expect(isActIdentityProved(policy, binding)).toBe(false);
  });
});
