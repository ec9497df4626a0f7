// When the stores are compared again, and since when: asked with a status, an observation of the Jobs, and the clock.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { aStore } from "#test/builders/sidecar-status.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { aResult, aRun, someCounts, someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation, aPod, noon } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Context } from "../model/context.ts";
import type { Observation } from "../model/observation.ts";
import { ageSeconds, askParity, askVerification, resultInForce } from "./ask.ts";

const parity = { maxAge: "24h", recheck: "30m", timeout: "4h" };
const plan = aSpec({ checklist: { ...onlyReachable, parity } });
const ago = (seconds: number) => new Date(noon - seconds * 1000).toISOString();

function at(
  phase: Phase,
  status: Partial<MigrationStatus> = {},
  jobs: Partial<Pick<Observation, "jobs">> = { jobs: someJobs() },
): Context {
  const migration = aMigration(plan)
    .in(phase)
    .with({ phaseStartedAt: ago(600), ...status })
    .build();
  return assess(migration, plan, anObservation(migration, {}, jobs), noon);
}

const runs = (c: Context) => c.status.verification?.runs ?? [];
const knowing = (...known: NonNullable<MigrationStatus["verification"]>["runs"]) => ({ verification: { runs: known } });
const isAsked = (c: Context, purpose: "Preflight" | "Cutover" | "Rollback") =>
  askVerification(c, purpose).status !== c.status;

describe("a comparison is asked for", () => {
  test("in a phase that waits for one, as the next number, over everything", () => {
    expect(runs(askParity(at("Preflight")))).toEqual([
      {
        purpose: "Preflight",
        number: 1,
        job: expect.stringMatching(/^docs-to-qdrant-verify-preflight-1-[0-9a-f]{6}$/),
        askedAt: "2026-03-01T12:00:00.000Z",
      },
    ]);
  });

  test("as of the copy's end where a clock ahead of ours dated that: its answer counts as one of later", () => {
    const result = { outcome: "Completed", message: "Job copied", at: ago(-3600) } as const;
    const copy = { number: 1, job: "copy-1", planHash: "p", askedAt: ago(-3000), result };
    expect(runs(askVerification(at("Preflight", { copy }), "Preflight"))[0]?.askedAt).toBe(ago(-3600));
  });

  test("in no other phase, and not where the plan skips parity", () => {
    expect(runs(askParity(at("Ramp")))).toEqual([]);
    const c = at("Preflight");
    expect(runs(askParity({ ...c, plan: aSpec() }))).toEqual([]);
  });

  test.each<[string, Partial<Pick<Observation, "jobs">>]>([
    ["the Jobs were not read", {}],
    ["the Jobs can't be read", { jobs: { ok: false, why: "timed out" } }],
    ["there is no template", { jobs: someJobs({ verifier: null }) }],
    [
      "the template isn't suspended",
      { jobs: someJobs({ verifier: { name: "v", suspended: false, hasVerifier: true } }) },
    ],
    [
      "the template has no verifier",
      { jobs: someJobs({ verifier: { name: "v", suspended: true, hasVerifier: false } }) },
    ],
  ])("but not while %s", (_, jobs) => {
    expect(isAsked(at("Preflight", {}, jobs), "Preflight")).toBe(false);
  });

  test("but not of a migration that is being deleted, nor twice at once", () => {
    const c = at("Preflight");
    expect(isAsked({ ...c, meta: { ...c.meta, deleting: true } }, "Preflight")).toBe(false);
    const asked = at("Preflight", knowing(aRun()));
    expect(isAsked(asked, "Preflight")).toBe(false);
  });
});

describe("a result is asked for again", () => {
  const equal = (seconds: number) => knowing(aRun({ result: aResult({ at: ago(seconds) }) }));
  const differing = (seconds: number) =>
    knowing(aRun({ result: aResult({ at: ago(seconds), counts: someCounts({ missing: 1 }) }) }));

  test.each<[string, MigrationStatus["verification"] | undefined, boolean]>([
    ["equal stores, a second before maxAge: not yet", equal(86_399).verification, false],
    ["equal stores, at maxAge", equal(86_400).verification, true],
    ["stores that differ, a second before recheck: not yet", differing(1799).verification, false],
    ["stores that differ, at recheck", differing(1800).verification, true],
  ])("before the start, of %s", (_, verification, wanted) => {
    expect(isAsked(at("Preflight", { verification }), "Preflight")).toBe(wanted);
  });

  test("before the cutover at every recheck, equal or not", () => {
    const run = aRun({ purpose: "Cutover", askedAt: ago(3000), result: aResult({ at: ago(1799) }) });
    const waiting = (result: typeof run.result) => {
      const known = knowing({ ...run, result });
      return isAsked(at("AwaitingCutover", { phaseStartedAt: ago(3600), ...known }), "Cutover");
    };
    expect(waiting(aResult({ at: ago(1799) }))).toBe(false);
    expect(waiting(aResult({ at: ago(1800) }))).toBe(true);
  });

  test("after a rollback never: the answer is given once", () => {
    const run = aRun({ purpose: "Rollback", askedAt: ago(500), result: aResult({ at: ago(400_000) }) });
    expect(isAsked(at("VerifyingDrift", knowing(run)), "Rollback")).toBe(false);
  });

  test("when nobody can tell how old it is", () => {
    expect(isAsked(at("Preflight", knowing(aRun({ result: aResult({ at: "?" }) }))), "Preflight")).toBe(true);
  });
});

describe("the result in force", () => {
  const result = aResult();
  const inForce = (askedAt: string, phaseStartedAt: string | undefined, purpose: "Preflight" | "Cutover" = "Cutover") =>
    resultInForce(at("AwaitingCutover", { phaseStartedAt, ...knowing(aRun({ purpose, askedAt, result })) }), purpose);

  test("of the preflight is the newest, whenever it was asked for", () => {
    expect(inForce(ago(9000), ago(600), "Preflight")?.result).toBe(result);
  });

  test("before the cutover was asked for in this wait for it", () => {
    expect(inForce(ago(600), ago(600))?.result).toBe(result);
    expect(inForce(ago(601), ago(600))).toBeUndefined();
  });

  test("was asked for when somebody can say so, in a wait whose beginning may be unknown", () => {
    expect(inForce("?", ago(600))).toBeUndefined();
    expect(inForce(ago(601), "?")?.result).toBe(result);
  });

  test("is as old as the operator's note of it, and as old as can be by a clock that was ahead", () => {
    const c = at("Preflight");
    expect(ageSeconds(c, { ...aRun(), result: aResult({ at: ago(90) }) })).toBe(90);
    expect(ageSeconds(c, { ...aRun(), result: aResult({ at: ago(-20) }) })).toBe(0);
    expect(ageSeconds(c, { ...aRun(), result: aResult({ at: ago(-90) }) })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what is compared", () => {
  type Clocks = { readonly source?: number; readonly destination?: number };
  /** Each store's newest write is so many seconds old; undefined: it doesn't tell. */
  const seen = (c: Context, { source, destination }: Clocks): Context => {
    const newest = (age: number | undefined) => ({ newestUpdatedAt: age === undefined ? null : ago(age) });
    const stores = [aStore("source", newest(source)), aStore("destination", newest(destination))];
    const pod = aPod()
      .following(c.migration)
      .saying(() => ({ stores }))
      .build();
    return { ...c, observation: { ...c.observation, pods: { ok: true, value: [pod] } } };
  };
  const since = (
    phase: Phase,
    status: Partial<MigrationStatus>,
    purpose: "Preflight" | "Cutover" | "Rollback",
    clocks: Clocks = { source: 0, destination: 0 },
  ) => runs(askVerification(seen(at(phase, status), clocks), purpose)).at(-1)?.since;
  const verification = { equalSince: ago(7200), runs: [] };
  const cutoverAt = ago(3600);
  const rollback = { at: ago(600), from: "Guard", reason: "HarmAlert", causes: [], actor: null } as const;
  const back = { verification, cutoverAt, rollback: { ...rollback, causes: [] } };

  test("is everything for the start", () => {
    expect(since("Preflight", { verification, cutoverAt }, "Preflight")).toBeUndefined();
  });

  test("is what was written since the stores were equal for the cutover, with five minutes' margin", () => {
    expect(since("AwaitingCutover", { verification, cutoverAt }, "Cutover")).toBe(ago(7500));
  });

  test("is what was written since the cutover after a rollback, with five minutes' margin", () => {
    expect(since("VerifyingDrift", back, "Rollback")).toBe(ago(3900));
  });

  test.each<[string, Clocks, number | undefined, number]>([
    ["the older of the newest writes", { source: 40, destination: 700 }, undefined, 700],
    ["a writer that is ahead", { source: 0, destination: -900 }, undefined, 900],
    ["what was seen at the cutover, if that was more", { source: 0, destination: 0 }, 1200, 1200],
    ["the one store that tells", { source: 60 }, 30, 60],
    ["what was seen at the cutover alone, where no store tells", {}, 30, 30],
    ["a day where nobody has ever told", {}, undefined, 86_400],
  ])("begins earlier by the clocks' difference: %s", (_, clocks, clockDifferenceSeconds, more) => {
    const status = clockDifferenceSeconds === undefined ? back : { ...back, clockDifferenceSeconds };
    expect(since("VerifyingDrift", status, "Rollback", clocks)).toBe(ago(3900 + more));
  });

  test("begins no earlier than a date can say", () => {
    expect(since("VerifyingDrift", back, "Rollback", { source: noon / 1000, destination: 0 })).toBe(
      "1970-01-01T00:00:00.000Z",
    );
  });

  test("is everything where nobody knows since when", () => {
    expect(since("AwaitingCutover", {}, "Cutover")).toBeUndefined();
    expect(since("VerifyingDrift", { ...back, cutoverAt: "?" }, "Rollback")).toBeUndefined();
    expect(since("VerifyingDrift", { ...back, cutoverAt: ago(599) }, "Rollback")).toBeUndefined();
  });
});
