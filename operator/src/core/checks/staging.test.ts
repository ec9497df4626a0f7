import { validationHash } from "@retriever/crds/spec/plan.ts";
import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { judgeStaging, validationResult } from "./staging.ts";

const planOf = (staging: { from?: string; result?: string }) =>
  aSpec({ checklist: { ...onlyReachable, staging: { policy: "Require", ...staging } } });
const from = planOf({ from: "rehearsed" });
const unknown = (reason: string, message: string) => ({ status: "Unknown", reason, message });
const refused = (reason: string, message: string) => ({ status: "False", reason, message });
const validated = (result: string) => ({ ok: true, value: { phase: "Validated", result } }) as const;

describe("the result of a validation", () => {
  const plan = aSpec();

  it("is the hash of what was proved, then one of this very validation", () => {
    const result = validationResult(plan, "uid-1", "2026-03-01T12:00:00Z");
    expect(result).toMatch(/^[0-9a-f]{16}-[0-9a-f]{16}$/);
    expect(result.startsWith(`${validationHash(plan)}-`)).toBe(true);
    expect(validationResult(plan, "uid-1", "2026-03-01T12:00:00Z")).toBe(result);
  });

  it("differs by who was validated and when", () => {
    const results = [
      validationResult(plan, "uid-1", "2026-03-01T12:00:00Z"),
      validationResult(plan, "uid-2", "2026-03-01T12:00:00Z"),
      validationResult(plan, "uid-1", "2026-03-01T12:00:01Z"),
    ];
    expect(new Set(results).size).toBe(3);
  });
});

describe("the check of a validation elsewhere", () => {
  it.each([
    [
      "names none",
      planOf({}),
      undefined,
      unknown("NoValidation", "name a Validated migration in spec.checklist.staging.from, or paste its result"),
    ],
    ["names one that was not read", from, undefined, unknown("NotObserved", "migration rehearsed was not read")],
    [
      "names one that can't be read",
      from,
      { ok: false, why: "timed out" },
      unknown("NotObserved", "migration rehearsed can't be read: timed out"),
    ],
    [
      "names one that doesn't exist",
      from,
      { ok: true, value: null },
      refused("ValidationMissing", "there is no migration rehearsed"),
    ],
    [
      "names one that isn't at its end",
      from,
      { ok: true, value: { phase: "Ramp", result: "" } },
      refused("NotValidated", "migration rehearsed is Ramp, expected Validated"),
    ],
    [
      "names one that proved this plan",
      from,
      validated(validationResult(from, "uid-1", "2026-03-01T12:00:00Z")),
      { status: "True", reason: "Validated", message: "validated by migration rehearsed" },
    ],
    [
      "names one that proved another plan",
      from,
      validated("0123456789abcdef-0123456789abcdef"),
      refused(
        "OtherPlanValidated",
        `migration rehearsed validated plan 0123456789abcdef, this one is ${validationHash(from)} (mode, people and places apart)`,
      ),
    ],
    [
      "names one that ended without a result",
      from,
      validated(""),
      refused(
        "OtherPlanValidated",
        `migration rehearsed validated plan unknown, this one is ${validationHash(from)} (mode, people and places apart)`,
      ),
    ],
  ] as const)("of a plan that %s says so", (_what, plan, staging, fact) => {
    expect(judgeStaging(plan, staging)).toEqual(fact);
  });

  it("takes a pasted result at its word, whatever is there", () => {
    const proved = validationHash(from);
    const pasted = planOf({ result: `${proved}-0123456789abcdef` });
    const missing = { ok: true, value: null } as const;
    expect(judgeStaging(pasted, missing)).toEqual({
      status: "True",
      reason: "Validated",
      message: "validated by the pasted result",
    });
    const other = planOf({ result: "0123456789abcdef-0123456789abcdef" });
    expect(judgeStaging(other, missing).message).toContain("the pasted result validated plan 0123456789abcdef,");
  });
});
