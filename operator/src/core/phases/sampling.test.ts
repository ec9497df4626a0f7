// A stage of sampling asked by itself: when it ends, what it waits for, and in which words.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase, Verdict } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, aFinding, ago, aVerdict, lagging, someHarm } from "#test/builders/context.ts";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import type { Context } from "../model/context.ts";
import { sampling } from "./sampling.ts";

const stages: MigrationSpecInput["stages"] = [
  { sampleRate: 0.02, minDuration: "2h", deadline: "24h" },
  { sampleRate: 0.05, minDuration: "1h", deadline: "24h" },
];
type Stage = NonNullable<MigrationStatus["stage"]>;
type Script = {
  readonly phase?: Phase;
  readonly plan?: Partial<MigrationSpecInput>;
  readonly stage?: Partial<Stage>;
  readonly status?: Partial<MigrationStatus>;
  readonly gates?: readonly Verdict[];
  readonly answered?: number;
};

/** The first stage, its two hours over, every gate passed. */
function at({ phase = "WarmUp", plan, stage, status, gates, answered = 1000 }: Script = {}): Context {
  const usual = { index: 0, count: 2, sampleRate: 0.02, startedAt: ago(7200) };
  const c = aContext(phase, {
    plan: aSpec({ stages, ...plan }),
    status: { stage: { ...usual, ...stage }, ...status },
  });
  const totals = someCounters({ answered, requests: 50_000 });
  return { ...c, totals, gates: gates ?? c.gates, acks: { ...c.acks, state: "all" } };
}

const told = (c: Context) => {
  const { standing, reason, status } = sampling(c);
  return `${status.phase} ${standing} ${reason}: ${status.message}`;
};

describe("a stage that is over", () => {
  it("goes on to the next one, at its rate, and keeps what was normal", () => {
    const { status, reason } = sampling(at());
    expect([reason, status.phase, status.message]).toEqual([
      "StagePassed",
      "Ramp",
      "stage 1 of 2 passed; sampling at rate 0.05",
    ]);
    expect(status.revision).toMatchObject({
      primary: "source",
      shadow: "destination",
      sampleRate: 0.05,
      released: false,
    });
    expect(status.stage).toEqual({ index: 1, count: 2, sampleRate: 0.05 });
    expect(status.baseline).toMatchObject({ requests: 50_000, requestsPerSecond: 50_000 / 7200 });
  });

  it("was the last: the migration waits for its cutover", () => {
    const outcome = sampling(at({ phase: "Ramp", stage: { index: 1 } }));
    expect(outcome).toMatchObject({ reason: "RampPassed", standing: "waiting", status: { phase: "AwaitingCutover" } });
    expect(outcome.status.message).toBe("every stage passed; waiting for the cutover");
    expect(outcome.status.revision?.epoch).toBe(5);
    expect(outcome.status.baseline).toBeDefined();
  });

  it("was the last of a validation: it ends with a result, and the shadow goes off", () => {
    const validation = { startedAt: ago(90_000) };
    const plan: Partial<MigrationSpecInput> = { mode: "Validate", validate: { duration: "24h" } };
    const outcome = sampling(at({ phase: "Ramp", stage: { index: 1 }, plan, status: { validation } }));
    const { result } = outcome.status.validation ?? {};
    expect(outcome).toMatchObject({ reason: "Validated", standing: "waiting", status: { phase: "Validated" } });
    expect(outcome.status).toMatchObject({
      message: `all 2 stages passed; the shadow is off again. Result ${result}`,
      validation: { ...validation, result: expect.stringMatching(/^[0-9a-f]{16}-[0-9a-f]{16}$/) },
      completedAt: ago(0),
      revision: { primary: "source", shadow: "none", sampleRate: 0, released: false },
    });
    expect(outcome.status.baseline).toBeDefined();
  });
});

describe("a stage waits", () => {
  const sampled = "WarmUp working Sampling: stage 1 of 2 at rate 0.02: ";

  it("for its own time, and for the least dwell where that is longer", () => {
    expect(told(at({ stage: { startedAt: ago(7140) } }))).toBe(`${sampled}1m of the stage are left`);
    const plan = { gates: { minDwell: "3h" } };
    expect(told(at({ plan }))).toBe(`${sampled}1h of the stage are left`);
  });

  it("for gates, for harm to go, and for evidence", () => {
    expect(told(at({ gates: [aVerdict("NotYet")] }))).toBe(`${sampled}scoreDelta: NotYet`);
    const found = aFinding("too slow");
    expect(told({ ...at(), harm: someHarm({ findings: [found], weighing: [found] }) })).toBe(`${sampled}too slow`);
    expect(told({ ...at(), harm: someHarm({ known: false }) })).toBe(`${sampled}no pod has fresh evidence`);
  });

  it("not for what is only observed, but says it", () => {
    const harm = someHarm({ findings: [aFinding("a bit slow", { action: "Observe" })] });
    expect(sampling({ ...at(), harm }).reason).toBe("StagePassed");
    expect(told({ ...at({ stage: { startedAt: ago(7140) } }), harm })).toBe(
      `${sampled}1m of the stage are left; a bit slow`,
    );
  });

  it("for the end of a peak that it has to see whole", () => {
    const untilPeak = { timeZone: "UTC", from: "11:00", to: "13:00" };
    const peaked = (to: string) =>
      at({
        plan: {
          stages: [{ sampleRate: 0.02, minDuration: "1h", untilPeak: { ...untilPeak, to } }, { sampleRate: 0.05 }],
        },
      });
    expect(told(peaked("13:00"))).toBe(
      `${sampled}the peak from 11:00 to 13:00 has to be sampled whole, until Sun 2026-03-01 13:00 UTC`,
    );
    expect(sampling(peaked("12:00")).reason).toBe("StagePassed");
  });

  it("for the whole of a validation, in its last stage only", () => {
    const plan: Partial<MigrationSpecInput> = { mode: "Validate", validate: { duration: "24h" } };
    const status = { validation: { startedAt: ago(3600 * 23) } };
    expect(told(at({ phase: "Ramp", stage: { index: 1 }, plan, status }))).toBe(
      "Ramp working Sampling: stage 2 of 2 at rate 0.05: 1h of the validation are left",
    );
    expect(sampling(at({ plan, status })).reason).toBe("StagePassed");
    expect(sampling(at({ stage: { index: 1 }, status })).reason).toBe("RampPassed");
  });

  it("for pods, and for the first sample", () => {
    expect(told({ ...at(), acks: lagging })).toMatch(
      /^WarmUp \w+ Propagating: waiting for every pod to follow epoch 5/,
    );
    expect(told(at({ answered: 0 }))).toBe(
      "WarmUp waiting NoSamples: waiting for the first sample; 50000 requests seen at rate 0.02",
    );
  });
});

describe("the clock of a stage", () => {
  it("starts with the first sample, once", () => {
    const started = sampling(at({ stage: { startedAt: undefined } }));
    expect(started.status.stage).toMatchObject({ index: 0, startedAt: ago(0) });
    expect(started.status.message).toBe("stage 1 of 2 at rate 0.02");
    expect(started).toMatchObject({ reason: "Sampling", standing: "working" });
    expect(started.status.validation).toBeUndefined();
  });

  it("is a validation's too, where none runs yet", () => {
    const plan: Partial<MigrationSpecInput> = { mode: "Validate" };
    const unstarted = { plan, stage: { startedAt: undefined } };
    expect(sampling(at(unstarted)).status.validation).toEqual({ startedAt: ago(0) });
    const validation = { startedAt: ago(500) };
    expect(sampling(at({ ...unstarted, status: { validation } })).status.validation).toEqual(validation);
  });
});

describe("past its deadline a stage", () => {
  const revision = { epoch: 5, primary: "source", shadow: "destination", sampleRate: 0.02, released: false } as const;
  const late = (seconds: number, more: Script = {}) =>
    at({
      gates: [aVerdict("NotYet")],
      ...more,
      status: { revision: { ...revision, at: ago(seconds) }, ...more.status },
    });
  const words =
    "past stages[0].deadline 24h, held until the evidence is there; more traffic helps, or an Abort act and a plan with a higher rate: ";

  it("is held, and says what helps", () => {
    const outcome = sampling(late(86_401));
    const message = `${words}stage 1 of 2 at rate 0.02: scoreDelta: NotYet`;
    expect(outcome).toMatchObject({
      reason: "StageOverdue",
      standing: "blocked",
      status: { phase: "WarmUp", message },
    });
    expect(outcome.announcements).toEqual([]);
  });

  it("that never saw a sample is held too", () => {
    expect(sampling(late(86_401, { answered: 0 })).status.message).toBe(
      `${words}waiting for the first sample; 50000 requests seen at rate 0.02`,
    );
  });

  it("is not late before, nor while only its time is left, nor when it passes", () => {
    expect(sampling(late(86_400)).reason).toBe("Sampling");
    expect(sampling(late(86_401, { gates: [], stage: { startedAt: ago(10) } })).reason).toBe("Sampling");
    expect(sampling(late(86_401, { gates: [] })).reason).toBe("StagePassed");
  });
});

describe("a gate that fails", () => {
  const failed = [aVerdict("Fail"), aVerdict("Fail", { gate: "latencyDelta", message: "latencyDelta: Fail" })];

  it("steps down, or holds, as its line says", () => {
    expect(told(at({ gates: failed }))).toBe(
      "WarmUp blocked Held: sampling stopped and held until a person resumes: scoreDelta: Fail; latencyDelta: Fail",
    );
    const holding = { beforeCutover: "Hold" as const };
    const plan: Partial<MigrationSpecInput> = { thresholds: { scoreDelta: holding, latencyDelta: holding } };
    expect(told(at({ gates: failed, plan }))).toBe(
      "WarmUp blocked GateFailed: held until the evidence is within the limit, or an Abort act: scoreDelta: Fail; latencyDelta: Fail",
    );
    const mixed: Partial<MigrationSpecInput> = { thresholds: { scoreDelta: holding } };
    expect(sampling(at({ gates: failed, plan: mixed })).reason).toBe("Held");
  });
});

describe("without a stage to sample", () => {
  const unknown = "WarmUp blocked StageUnknown: the status names a stage the plan doesn't have";

  it("a status that names none, or one the plan doesn't have, waits for a person", () => {
    expect(told(at({ stage: { index: 7 } }))).toBe(unknown);
    expect(told(at({ status: { stage: undefined } }))).toBe(unknown);
  });

  it("a hold waits for a Resume, and begins again with the first stage once every pod follows", () => {
    const harm = { causes: [], stepDowns: 1, heldSince: ago(60) };
    expect(told(at({ status: { harm } }))).toBe(
      "WarmUp blocked Held: held at rate 0 after harm; create a Resume act to begin again with the first stage",
    );
    const revision = { epoch: 5, primary: "source", shadow: "destination", sampleRate: 0, released: false } as const;
    const resumed = at({ phase: "Ramp", stage: { index: 1 }, status: { revision: { ...revision, at: ago(60) } } });
    expect(told({ ...resumed, acks: lagging })).toContain("Propagating");
    expect(told(resumed)).toBe("Ramp working SamplingResumed: begins again with the first stage at rate 0.02");
  });

  it("counts that can't be trusted are measured again", () => {
    expect(sampling({ ...at(), totals: null }).reason).toBe("EvidenceLost");
  });
});
