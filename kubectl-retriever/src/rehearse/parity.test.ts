// What a rehearsal shows of the comparisons of the stores.
import { parseMigrationSpec } from "@retriever/crds/parse.ts";
import { searchSpec } from "@retriever/operator/test/builders/search-app.ts";
import { onlyReachable, shortPlan } from "@retriever/operator/test/builders/spec.ts";
import { describe, expect, it } from "vitest";
import { parseScenario } from "#scenario/scenario-parse.ts";
import { scenarioNamed } from "#test/rehearse/library.ts";
import { traceOf } from "#test/rehearse/trace.ts";
import { rehearsedMigration } from "./manifest.ts";
import { rehearse } from "./rehearse.ts";

function play(events: readonly object[], until = "1h") {
  const checklist = { ...onlyReachable, parity: { recheck: "5m" } };
  const spec = parseMigrationSpec({ ...searchSpec, ...shortPlan, checklist });
  const scenario = parseScenario({ kind: "RehearsalScenario", shows: "parity", until, events });
  if (!spec.ok || !scenario.ok) throw new Error(JSON.stringify([spec, scenario]));
  return rehearse(rehearsedMigration("search", "docs-to-qdrant", spec.spec), scenario.scenario, 1);
}

const conditionOf = ({ status }: ReturnType<typeof play>, type: string) => {
  const found = status.conditions.find((condition) => condition.type === type);
  return `${found?.status}/${found?.reason}`;
};

describe("a rehearsal", () => {
  it("compares the stores before the start and before the cutover", () => {
    const rehearsal = play([]);
    expect(rehearsal.status.phase).toBe("Completed");
    expect(rehearsal.status.verification?.runs.map(({ purpose }) => purpose)).toEqual(["Preflight", "Cutover"]);
  });

  it("stays in the preflight while the stores differ, and goes on when they don't any more", () => {
    const differing = play([{ at: "0s", parity: { missing: 12 } }]);
    expect([differing.status.phase, conditionOf(differing, "ParityVerified")]).toEqual(["Preflight", "False/Drift"]);
    expect(play([{ at: "0s", for: "10m", parity: { missing: 12 } }]).status.phase).toBe("Completed");
  });

  it("without a template waits for a person", () => {
    const rehearsal = play([{ at: "0s", parity: { noTemplate: true } }], "10m");
    expect([traceOf(rehearsal), conditionOf(rehearsal, "ParityVerified")]).toEqual(["Preflight", "Unknown/NoTemplate"]);
  });
});

it("the scenario of a late rollback with corrections counts them", () => {
  const spec = parseMigrationSpec({
    ...searchSpec,
    ...shortPlan,
    rollback: { verifyDriftAfter: "1m" },
    checklist: onlyReachable,
  });
  if (!spec.ok) throw new Error(JSON.stringify(spec.faults));
  const { events: _events, ...rest } = scenarioNamed("late-rollback-with-corrections");
  const events = [
    { at: "Guard+1m", parity: { extra: 212, stale: 9 } },
    { at: "Guard+3m", act: "Rollback" },
  ];
  const scenario = parseScenario({ ...rest, until: "1h", events });
  if (!scenario.ok) throw new Error(JSON.stringify(scenario.faults));
  const rehearsal = rehearse(rehearsedMigration("search", "docs-to-qdrant", spec.spec), scenario.scenario, 1);
  expect(conditionOf(rehearsal, "DriftResolved")).toBe("False/CorrectionsOpen");
});
