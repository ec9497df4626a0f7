// What people ask for, played: nothing they ask gets lost in a crowd, and nothing acts on its own days later.
import { describe, expect, it } from "vitest";
import { parseScenario } from "#scenario/scenario-parse.ts";
import { migrationOf } from "#test/rehearse/library.ts";
import { traceOf } from "#test/rehearse/trace.ts";
import { rehearse } from "./rehearse.ts";

/** With a ramp of a quarter of an hour. */
const manifest = `
spec:
  target: { name: search-api }
  destination: { kind: qdrant, url: "https://qdrant.search.svc:6333", collection: chunks, apiKey: { fromEnv: RETRIEVER_CRED_QDRANT } }
  stages: [{ sampleRate: 0.1, minDuration: 10m }]
  checklist:
    parity: { policy: Skip }
`;

function played(scenario: object, text = manifest) {
  const parsed = parseScenario({ kind: "RehearsalScenario", shows: "people", ...scenario });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const rehearsal = rehearse(migrationOf(text), parsed.scenario, 1);
  const said = rehearsal.entries.flatMap((entry) =>
    entry.kind === "decision" ? entry.announcements.map(({ reason, message }) => `${reason}: ${message}`) : [],
  );
  return { trace: traceOf(rehearsal), said };
}

const traffic = { requestsPerSecond: 60 };

describe("a rehearsal of people", () => {
  it("whose Rollback is followed by a bot's fifty-five Resumes while the operator is away goes back all the same", () => {
    const resumes = Array.from({ length: 55 }, (_, second) => ({
      at: `Guard+62m${second + 1}s`,
      act: "Resume",
      actor: "bot",
    }));
    const { trace, said } = played({
      until: "30h",
      traffic,
      pods: { count: 1 },
      events: [
        { at: "AwaitingCutover+5m", act: "Promote", actor: "ada" },
        { at: "Guard+1h", operator: "Down", for: "70m" },
        { at: "Guard+61m", act: "Rollback", actor: "ada", reason: "customers complain" },
        ...resumes,
      ],
    });
    expect(trace).toMatch(/Guard > RollingBack > VerifyingDrift > RolledBack$/);
    expect(said).toContain("ActTaken: Rollback by ada: customers complain");
    expect(said.filter((line) => line.includes("Resume by bot"))).toHaveLength(55);
  });

  const tuesday = { startsAt: "2026-03-03T22:00:00Z", traffic, until: "6h30m", pods: { count: 1 } };
  const windowed = `${manifest}    window: { start: "04:00", end: "23:00" }\n`;

  it("who promote on Tuesday evening, outside the window, don't cut over on Wednesday morning", () => {
    const late = { at: "AwaitingCutover+1h", act: "Promote", actor: "ada", reason: "the gates are green" };
    const { trace, said } = played({ ...tuesday, events: [late] }, windowed);
    expect(trace).toMatch(/> AwaitingCutover$/);
    expect(said.filter((line) => line.includes("Promote by ada"))).toEqual([
      expect.stringMatching(/^ActRefused: Promote by ada has no effect: every gate passes, but it is .*Wed 2026-03-04/),
    ]);
  });

  it("who say that they wait are told when their time is up, and nothing is cut over", () => {
    const late = { at: "AwaitingCutover+1h", act: "Promote", actor: "ada", waitForGates: true };
    const { trace, said } = played({ ...tuesday, events: [late] }, windowed);
    expect(trace).toMatch(/> AwaitingCutover$/);
    const words = said.filter((line) => line.includes("Promote by ada")).map((line) => line.split(":")[0]);
    expect(words).toEqual(["ActTaken", "ActExpired"]);
  });
});
