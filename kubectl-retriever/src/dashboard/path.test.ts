import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import { viewMigration } from "#output/migration-view.ts";
import { renderPath } from "./path.ts";

const at = "2026-01-01T00:00:00Z";

/** Each step with its word. */
function pathOf(phases: readonly Phase[], more: Partial<MigrationStatus> = {}): string[] {
  const history = phases.map((phase, epoch) => ({ at, phase, epoch, reason: "Step", message: "" }));
  const status = aStatus({ phase: phases.at(-1) ?? "Pending", plan: aPlanText(), history, ...more });
  const { markup } = renderPath(viewMigration(aRawMigration(status)));
  return [...markup.matchAll(/<li[^>]*>([^<,]*)[^<]*<small> ([^<]*)</g)].map(([, step, state]) => `${step}: ${state}`);
}

const back = (from: Phase) => ({ at, from, reason: "HarmFound", causes: [], actor: null });
const toRamp = ["Preflight", "AwaitingApproval", "WarmUp", "Ramp"] as const;
const onStage = (index: number) => ({ stage: { index, count: 3, sampleRate: 0.05, startedAt: at } });

describe("the path", () => {
  test("of a migration that was given up in its ramp says of no later step that it is done", () => {
    const more = { rollback: back("Ramp"), ...onStage(1) };
    expect(pathOf([...toRamp, "RollingBack", "RolledBack"], more)).toEqual([
      "Pending: done",
      "Preflight: done",
      "AwaitingApproval: done",
      "WarmUp: done",
      "Ramp 1: broken off",
      "Ramp 2: not done",
      "AwaitingCutover: not done",
      "CuttingOver: not done",
      "Guard: not done",
      "RollingBack: done",
      "VerifyingDrift: not done",
      "RolledBack: now",
    ]);
  });

  test("of one that was given up before its start has nothing behind it", () => {
    expect(pathOf(["RolledBack"]).filter((step) => step.endsWith(": done"))).toEqual(["Pending: done"]);
  });

  test("of one that had nothing to move says so", () => {
    const path = pathOf(["Completed"]);
    expect(path.filter((step) => step.endsWith(": not done"))).toHaveLength(8);
    expect(path.at(-1)).toBe("Completed: now");
  });

  test("of one that remembers no more of its beginning has it behind it, up to where it broke off", () => {
    const many = Array.from({ length: 18 }, (): Phase => "Guard");
    const path = pathOf([...many, "RollingBack", "RolledBack"], { rollback: back("Guard"), ...onStage(2) });
    expect(path.slice(0, 9).map((step) => step.split(": ")[1])).toEqual([...Array(8).fill("done"), "broken off"]);
  });

  test("forward is done, now and to come", () => {
    expect(pathOf([...toRamp], onStage(1)).map((step) => step.split(": ")[1])).toEqual([
      ...Array(4).fill("done"),
      "now",
      ...Array(5).fill("to come"),
    ]);
  });
});
