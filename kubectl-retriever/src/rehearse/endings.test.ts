import { describe, expect, it } from "vitest";
import { exampleMigration, scenarioNamed } from "#test/rehearse/library.ts";
import { renderEndings, sumEndings } from "./endings.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { rehearse } from "./rehearse.ts";

const back: Outcome = {
  seed: 1,
  phase: "RolledBack",
  ending: "ended",
  reason: "HarmAlert",
  causes: [],
  seconds: 300,
  since: "slow",
};

const outcomes: readonly Outcome[] = [
  { ...back, seed: 1, phase: "Completed", reason: "Completed", since: null, seconds: 90_000 },
  ...[100, 200, 300, 4000].map((seconds, index) => ({
    ...back,
    seed: index + 2,
    seconds,
    causes: [`slower in ${seconds} of 5000 samples`, ...(index === 3 ? ["every answer is empty"] : [])],
  })),
];

describe("the endings of many rehearsals", () => {
  it("are counted per phase and reason with their share, interval, median and p95, the most frequent first", () => {
    const [first, second] = sumEndings(outcomes);
    expect(first).toMatchObject({ phase: "RolledBack", reason: "HarmAlert", runs: 4, share: 0.8, seed: 2 });
    expect(first).toMatchObject({ medianSeconds: 200, p95Seconds: 4000, since: ["slow"] });
    expect(first?.interval.map((bound) => Number(bound.toFixed(4)))).toEqual([0.2836, 0.9949]);
    expect(second).toMatchObject({ phase: "Completed", runs: 1, causes: [], since: [null] });
  });

  it("take causes that differ only in their figures for one, in the words of the first run", () => {
    expect(sumEndings(outcomes)[0]?.causes).toEqual([
      { cause: "slower in 100 of 5000 samples", runs: 4 },
      { cause: "every answer is empty", runs: 1 },
    ]);
  });

  it("are printed as a table, with what the times count from", () => {
    const title = { namespace: "search", name: "docs", scenario: "slow", shows: "what is slow", seed: 1 };
    const lines = renderEndings(title, outcomes, 200);
    expect(lines[1]).toContain("seeds 1 to 5");
    expect(lines).toContainEqual(
      expect.stringMatching(/^RolledBack +HarmAlert +4 of 5 +80 % +28.4 % to 99.5 % +3m20s/),
    );
    expect(lines).toContain('RolledBack (HarmAlert): times count from "slow".');
    expect(lines).toContain("Completed (Completed): times count from the start.");
    expect(lines).toContain("  4 of 4: slower in 100 of 5000 samples");
    expect(renderEndings(title, outcomes, 20).every((line) => line.length <= 20)).toBe(true);
  });
});

describe("the outcome of a rehearsal", () => {
  const played = (name: string) => {
    const scenario = scenarioNamed(name);
    const rehearsal = rehearse(exampleMigration("default"), scenario, 1);
    return { rehearsal, outcome: outcomeOf(rehearsal, scenario, 1) };
  };

  it("that was rolled back counts from the first event after the cutover to the decision, not to the last pod", () => {
    const { rehearsal, outcome } = played("errors-right-after-cutover");
    expect(outcome).toMatchObject({ seed: 1, phase: "RolledBack", ending: "ended" });
    expect(outcome.causes).toEqual(rehearsal.status.rollback?.causes);
    const at = rehearsal.entries.find(({ phase }) => phase === "RollingBack")?.seconds ?? Number.NaN;
    const event = rehearsal.entries.find(({ kind, phase }) => kind === "event" && phase === "Guard");
    expect(outcome.seconds).toBe(at - (event?.seconds ?? Number.NaN));
  });

  it("that never came to a cutover counts from the start, where nothing but people acted", () => {
    const { rehearsal, outcome } = played("wrong-dimension");
    expect(outcome).toMatchObject({ phase: "Preflight", ending: "unfinished", since: null });
    expect(outcome.seconds).toBeLessThanOrEqual(rehearsal.seconds);
  });
});
