import { describe, expect, it } from "vitest";
import { phases } from "../../crds/src/status/migration-status.ts";
import { isLegalStep, legalSteps } from "../../crds/src/status/phase-steps.ts";
import { renderStatesPage } from "./states.ts";

const page = renderStatesPage();
const arrows = [...page.matchAll(/^ {2}(\w+) --> (\w+)$/gm)].map(([, from, to]) => [from, to] as const);

describe("the page of states", () => {
  it("draws legal steps only, and every one that isn't a rollback", () => {
    const drawn = arrows.map(([from, to]) => `${from} ${to}`);
    expect(
      arrows.every(([from, to]) => phases.some((a) => a === from && phases.some((b) => b === to && isLegalStep(a, b)))),
    ).toBe(true);
    const expected = phases.flatMap((from) =>
      legalSteps[from].filter((to) => to !== "RollingBack").map((to) => `${from} ${to}`),
    );
    expect(drawn).toEqual(expect.arrayContaining(expected));
  });

  it("has a row with every step of every phase", () => {
    for (const phase of phases) {
      const row = page.split("\n").find((line) => line.startsWith(`| ${phase} |`));
      for (const next of legalSteps[phase]) expect(row).toContain(next);
    }
  });
});
