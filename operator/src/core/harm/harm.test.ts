// What the lines and the alert together make of harm: what is found, what weighs, what is due, and what isn't known.
import type { HarmLine } from "@retriever/crds/status/harm-status.ts";
import { describe, expect, it } from "vitest";
import { aFiring, someAlerts } from "#test/builders/alerts.ts";
import { aClock, aDetection, aSevereLine, aStandingLine } from "#test/builders/detection.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, aPod, noon } from "#test/builders/world.ts";
import type { Firing } from "../model/alert-observation.ts";
import { judgeHarm } from "./harm.ts";

const plan = aSpec({
  metrics: { source: "monitoring" },
  rollback: { window: "1m", sustainedFor: "30s" },
  thresholds: { mismatch: { beforeCutover: "Observe" } },
});
const guarded = aMigration(plan).in("Guard");
const ramping = aMigration(plan).in("Ramp");

type Asked = {
  readonly lines?: readonly HarmLine[];
  readonly firings?: readonly Firing[];
  readonly sourceAnswers?: boolean;
  readonly differenceIsHarmless?: boolean;
  /** Whether the pods tell of the epoch in force. */
  readonly told?: boolean;
  readonly epoch?: number;
};

function judge(builder: typeof guarded, asked: Asked = {}) {
  const { lines = [], firings = [], sourceAnswers = true, differenceIsHarmless = false, told = true } = asked;
  const { epoch } = builder.build().status;
  const built = builder.with({ detection: aDetection(asked.epoch ?? epoch, lines) }).build();
  const pods = [aPod("a"), aPod("b")];
  const serving = pods.map((pod) => (told ? pod.following(built) : pod.silent()).build());
  const alerts = { names: ["monitoring"], read: { ok: true as const, value: someAlerts(noon, { firings }) } };
  const harm = judgeHarm({
    plan,
    status: built.status,
    serving,
    sourceAnswers,
    differenceIsHarmless,
    now: noon,
    alerts,
  });
  const rules = (part: "findings" | "weighing" | "due") => harm[part].map(({ rule, action }) => `${rule} ${action}`);
  return {
    findings: rules("findings"),
    weighing: rules("weighing"),
    due: rules("due"),
    since: harm.since === undefined ? undefined : (noon - harm.since) / 1000,
    known: harm.known,
  };
}

function findingsOf(builder: typeof guarded, lines: readonly HarmLine[]) {
  const { status } = builder.with({ detection: aDetection(builder.build().status.epoch, lines) }).build();
  return judgeHarm({ plan, status, serving: [], sourceAnswers: true, differenceIsHarmless: false, now: noon }).findings;
}

const nothing = { findings: [], weighing: [], due: [], since: undefined, known: true };

describe("the lines", () => {
  it("none of which stands find nothing, and know it", () => {
    const { clock: _clock, ...quiet } = aStandingLine("score");
    expect(judge(guarded, { lines: [quiet] })).toEqual(nothing);
    expect(judge(ramping)).toEqual(nothing);
  });

  it("that no pod told of are not known, and what stood goes on standing", () => {
    expect(judge(guarded, { told: false })).toEqual({ ...nothing, known: false });
    expect(judge(guarded, { told: false, lines: [aStandingLine("score")] })).toMatchObject({ due: ["alert Rollback"] });
  });

  it("of another epoch, or before the first revision, are nothing", () => {
    const lines = [aStandingLine("score")];
    expect(judge(guarded, { lines, epoch: 4 })).toEqual(nothing);
    expect(judge(aMigration(plan).with({ epoch: 0 }), { lines })).toEqual({ ...nothing, known: false });
  });

  it.each([
    ["waiting", ["alert Rollback"], []],
    ["worse", ["alert Rollback"], ["alert Rollback"]],
    ["unproved", ["alert Rollback"], []],
    ["unseen", ["alert Rollback"], ["alert Rollback"]],
  ] as const)("that stand, %s: find %j, due %j", (verdict, found, due) => {
    expect(judge(guarded, { lines: [aStandingLine("score", { clock: aClock({ verdict }) })] })).toEqual({
      ...nothing,
      findings: [...found],
      weighing: [...found],
      due: [...due],
      since: 600,
    });
  });

  it("about which nobody asked the source leave a rollback to a person", () => {
    const lines = [aStandingLine("score", { clock: aClock({ verdict: "unseen" }) })];
    expect(findingsOf(guarded, lines).map(({ withheld }) => withheld)).toEqual([
      "the source was not asked at the same time, so it may be as bad",
    ]);
    expect(findingsOf(guarded, [aStandingLine("score")])[0]).not.toHaveProperty("withheld");
  });

  it.each([
    ["score", "alert Rollback"],
    ["liveErrors", "livePrimary Rollback"],
    ["emptyAnswers", "livePrimary Rollback"],
    ["liveLatency", "livePrimary Rollback"],
    ["recall", "alert Rollback"],
  ] as const)("act by their own rule: %s is %s", (line, finding) => {
    const measured = { ...guarded.build().status, baseline: undefined };
    expect(measured.baseline).toBeUndefined();
    const baseline = {
      requests: 1000,
      errorShare: 0,
      emptyShare: 0,
      p95Ms: 20,
      mismatchShare: 0.02,
      requestsPerSecond: 1,
    };
    expect(judge(guarded.with({ baseline }), { lines: [aStandingLine(line)] }).due).toEqual([finding]);
  });

  it("that only observe report it, weigh nothing and begin no wait", () => {
    expect(judge(ramping, { lines: [aStandingLine("mismatch")] })).toEqual({
      ...nothing,
      findings: ["alert Observe"],
      due: ["alert Observe"],
    });
  });

  it("of answers that differ are disarmed while recall proves that they aren't worse", () => {
    const lines = [aStandingLine("mismatch"), aStandingLine("score")];
    expect(judge(guarded, { lines }).due).toHaveLength(2);
    expect(judge(guarded, { lines, differenceIsHarmless: true }).due).toHaveLength(1);
  });

  it("of the other side of the cutover are nobody's business", () => {
    expect(judge(guarded, { lines: [aStandingLine("shadowErrors")] })).toEqual(nothing);
    expect(judge(ramping, { lines: [aStandingLine("liveErrors")] })).toEqual(nothing);
    expect(judge(ramping, { lines: [aStandingLine("shadowErrors")] }).due).toEqual(["shadowErrors StepDown"]);
  });

  it("of one namespace step down before the cutover and only hold after it", () => {
    const lines = [aStandingLine("score", { slice: 3 })];
    expect(judge(ramping, { lines }).due).toEqual(["alert StepDown"]);
    expect(judge(guarded, { lines }).due).toEqual(["alert Hold"]);
  });
});

describe("failures on a grand scale", () => {
  it("are due at once and first of all, if the source answers", () => {
    const lines = [aStandingLine("score"), aSevereLine()];
    expect(judge(guarded, { lines }).due).toEqual(["severe Rollback", "alert Rollback"]);
    expect(judge(guarded, { lines: [aSevereLine()], sourceAnswers: false })).toMatchObject({
      due: [],
      findings: ["severe Observe"],
    });
  });

  it("of one of two pods, or before the cutover, aren't", () => {
    expect(judge(guarded, { lines: [aSevereLine({ pods: ["a"] })] }).due).toEqual([]);
    expect(judge(ramping, { lines: [aSevereLine()] })).toEqual(nothing);
  });
});

describe("an alert that a Prometheus fires", () => {
  it("stands beside what the lines say, and makes it known", () => {
    const firings = [aFiring(noon, 40_000)];
    const lines = [aStandingLine("score", { clock: aClock({ verdict: "waiting" }) })];
    expect(judge(guarded, { lines, firings })).toEqual({
      findings: ["alert Rollback", "alert Rollback"],
      weighing: ["alert Rollback", "alert Rollback"],
      due: ["alert Rollback"],
      since: 600,
      known: true,
    });
    expect(judge(guarded, { told: false, firings })).toMatchObject({ known: true, due: ["alert Rollback"] });
  });

  it("for a cause that only observes weighs nothing", () => {
    const firings = [aFiring(noon, 40_000, { causes: ["destination-faster"] })];
    expect(judge(guarded, { firings })).toMatchObject({ findings: ["alert Observe"], weighing: [] });
  });

  it("is due by its own time, whatever the lines wait for", () => {
    const firings = [aFiring(noon, 1000)];
    expect(judge(guarded, { firings })).toMatchObject({ findings: ["alert Rollback"], due: [] });
  });
});

it("in a fleet of three, a moment that was chosen within trouble of both takes as much to tell as elsewhere", () => {
  const groups = [0, 1, 2].map(() => [256, 1000, 0, 167, 1000]);
  const slowSince = (more: object): HarmLine =>
    aStandingLine("latency", { groups, clock: aClock({ verdict: "unproved", ...more }) });
  expect(judge(guarded, { lines: [slowSince({})] }).due).toEqual(["alert Rollback"]);
  expect(judge(guarded, { lines: [slowSince({ shared: 0 })] }).due).toEqual([]);
});

it("in a fleet of three, what is said of the source is what was decided without a third of it", () => {
  const isDoubted = (verdict: "worse" | "unproved", sourceBad: number): boolean => {
    const groups = [0, 1, 2].map(() => [256, 1000, 0, sourceBad, 1000]);
    const [finding] = findingsOf(guarded, [aStandingLine("latency", { groups, clock: aClock({ verdict }) })]);
    return finding?.message.includes("so nothing is done about it") === true;
  };
  expect([isDoubted("unproved", 167), isDoubted("worse", 250)]).toEqual([false, true]);
});
