// A person's word for going back, asked by itself.
import { expect, it } from "vitest";
import { aContext } from "#test/builders/context.ts";
import { latched } from "./latched.ts";

const acts = (act: "Abort" | "Rollback", reason: string) => ({
  acts: { seen: [], paused: false, latched: { act, actor: "ann", reason, at: "2026-03-01T11:59:00.000Z" } },
});

it.each([
  ["Abort", "too slow", "Aborted", "Abort by ann: too slow"],
  ["Rollback", "", "RollbackRequested", "Rollback by ann"],
] as const)("%s with the reason %j rolls back as %s, because of %j", (act, reason, as, cause) => {
  const outcome = latched(aContext("Guard", { status: acts(act, reason) }));
  expect(outcome?.status).toMatchObject({
    phase: "RollingBack",
    rollback: { reason: as, causes: [cause], actor: "ann", from: "Guard" },
  });
});

it("of nobody leaves everything as it is", () => {
  expect(latched(aContext("Guard"))).toBeUndefined();
  expect(latched(aContext("Guard", { status: { acts: { seen: [], paused: false } } }))).toBeUndefined();
});
