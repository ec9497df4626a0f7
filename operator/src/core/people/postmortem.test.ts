// When a postmortem is due.
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, noon } from "#test/builders/world.ts";
import { postmortemFact } from "./postmortem.ts";

describe("the postmortem", () => {
  const plan = aSpec({ communications: { postmortemDue: "48h" } });
  const rolledBack = (more: object) =>
    aMigration()
      .in("Guard")
      .with({ rollback: { at: "2026-03-01T12:00:00Z", from: "Ramp", reason: "x", causes: [], actor: null, ...more } })
      .build().status;
  const after = (hours: number, status = rolledBack({})) => postmortemFact(plan, status, noon + hours * 3_600_000);

  it("is due after its time, counted from the rollback, or from now where nobody can tell", () => {
    expect(after(47.99)).toMatchObject({
      status: "False",
      reason: "NotDueYet",
      message: "due at 2026-03-03T12:00:00.000Z",
    });
    expect(after(48)).toMatchObject({ status: "True", reason: "Due" });
    expect(after(480, rolledBack({ at: "?" }))).toMatchObject({ reason: "NotDueYet" });
  });

  it("is wanted where traffic was taken back or nobody asked, and recorded by a person", () => {
    expect(after(1, rolledBack({ actor: "ada" }))).toBeUndefined();
    expect(after(1, rolledBack({ actor: "ada", from: "Guard" }))?.reason).toBe("NotDueYet");
    expect(after(1, rolledBack({ actor: "ada", from: "CuttingOver" }))?.reason).toBe("NotDueYet");
    expect(after(1, aMigration().in("Guard").build().status)).toBeUndefined();
    const recorded = { ...rolledBack({}), postmortem: { at: "2026-03-02", actor: "ada", act: "a" } };
    expect(after(480, recorded)).toMatchObject({ status: "False", message: "recorded by ada at 2026-03-02" });
  });
});
