// The other alerts of the chart, on series made for them and judged by the real promtool: when they fire, and when not.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findBinaries } from "#support/prometheus/binaries.ts";
import { shipped } from "#support/prometheus/rules.ts";
import { judgeRules } from "./rule-tool.ts";

const binaries = findBinaries();
const missing = "missing" in binaries ? binaries.missing : undefined;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retriever-rules-"));
});
afterEach(() => rm(folder, { recursive: true }));

const target = 'namespace="search",target="search-api"';
const migration = 'namespace="search",name="docs"';
const ofTarget = { namespace: "search", target: "search-api" };
const ofMigration = { namespace: "search", name: "docs" };
/** One sample a minute. A phase that ends with `_` samples is one that nobody exports any more. */
const answered = { [`retr_dual_answered_total{${target}}`]: "0+100x60" };
const phase = (name: string, values: string) => ({
  [`retriever_migration_phase{${migration},phase="${name}"}`]: values,
});
const condition = (name: string, status: string, values: string) => ({
  [`retriever_migration_condition{${migration},condition="${name}",status="${status}"}`]: values,
});
const slow = (metric: string, le: string) => ({
  ...answered,
  [`${metric}_bucket{${target},le="${le}"}`]: "0+90x60",
  [`${metric}_bucket{${target},le="+Inf"}`]: "0+100x60",
});

type Series = Readonly<Record<string, string>>;
type Case = readonly [
  alert: string,
  when: string,
  series: Series,
  labels: Readonly<Record<string, string>> | undefined,
];

const critical = { severity: "critical" };
const warning = { severity: "warning" };

/** All are judged after 30 minutes. */
const cases: readonly Case[] = [
  [
    "RetrieverLatencyDeltaWarning",
    "every tenth sample is 60 ms late",
    slow("retr_dual_latency_loss_ms", "60"),
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverLatencyDeltaWarning",
    "every tenth sample is 20 ms late",
    slow("retr_dual_latency_loss_ms", "20"),
    undefined,
  ],
  [
    "RetrieverLatencyDeltaWarning",
    "every tenth sample is 60 ms late, and the plan allows 200 ms",
    {
      ...slow("retr_dual_latency_loss_ms", "60"),
      [`retriever_migration_latency_delta_limit_seconds{${target}}`]: "0.2x60",
    },
    undefined,
  ],
  [
    "RetrieverLatencyDeltaWarning",
    "every tenth sample is 20 ms late, and the plan allows 20 ms",
    {
      ...slow("retr_dual_latency_loss_ms", "20"),
      [`retriever_migration_latency_delta_limit_seconds{${target}}`]: "0.02x60",
    },
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverScoreDeltaWarning",
    "every tenth sample scores lower, and the plan allows more",
    { ...slow("retr_dual_score_loss", "0.2"), [`retriever_migration_score_delta_limit{${target}}`]: "0.5x60" },
    undefined,
  ],
  [
    "RetrieverScoreDeltaWarning",
    "every tenth sample scores lower",
    slow("retr_dual_score_loss", "0.2"),
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverMismatchSpike",
    "mismatches multiply",
    { ...answered, [`retr_dual_mismatch_total{${target}}`]: "0+1x20 40+30x20" },
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverMismatchSpike",
    "mismatches stay",
    { ...answered, [`retr_dual_mismatch_total{${target}}`]: "0+10x60" },
    undefined,
  ],
  [
    "RetrieverShadowErrors",
    "the shadow fails in every window",
    { [`retr_dual_shadow_errors_total{${target}}`]: "0+1x60" },
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverShadowErrors",
    "it failed in one window",
    { [`retr_dual_shadow_errors_total{${target}}`]: "0x26 3x30" },
    undefined,
  ],
  [
    "RetrieverSampleRateOff",
    "a fifth of the samples come",
    {
      [`retriever_migration_sample_rate{${migration},target="search-api"}`]: "0.1x60",
      [`retrieval_total{${target}}`]: "0+1000x60",
      [`retr_dual_samples_total{${target}}`]: "0+20x60",
    },
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverSampleRateOff",
    "the samples come",
    {
      [`retriever_migration_sample_rate{${migration},target="search-api"}`]: "0.1x60",
      [`retrieval_total{${target}}`]: "0+1000x60",
      [`retr_dual_samples_total{${target}}`]: "0+99x60",
    },
    undefined,
  ],
  [
    "RetrieverConfigFault",
    "a pod refuses its document",
    { [`retr_config_fault{${target},pod="a"}`]: "0x60", [`retr_config_fault{${target},pod="b"}`]: "1x60" },
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverPodsDisagree",
    "a pod stays behind",
    { [`retr_config_epoch{${target},pod="a"}`]: "4x60", [`retr_config_epoch{${target},pod="b"}`]: "3x60" },
    { ...ofTarget, ...warning },
  ],
  [
    "RetrieverPodsDisagree",
    "all agree",
    { [`retr_config_epoch{${target},pod="a"}`]: "4x60", [`retr_config_epoch{${target},pod="b"}`]: "4x60" },
    undefined,
  ],
  ["RetrieverOperatorWithoutLeader", "nobody leads", { 'retriever_leader{pod="a"}': "0x60" }, critical],
  [
    "RetrieverOperatorWithoutLeader",
    "one of two leads",
    { 'retriever_leader{pod="a"}': "0x60", 'retriever_leader{pod="b"}': "1x60" },
    undefined,
  ],
  [
    "RetrieverOperatorGoneInCutover",
    "it went while it cut over",
    {
      ...phase("CuttingOver", "1x20 _x40"),
      [`retriever_migration_epoch{${migration},target="search-api"}`]: "4x20 _x40",
    },
    { ...ofMigration, ...critical },
  ],
  [
    "RetrieverOperatorGoneInCutover",
    "it went in the guard",
    {
      ...phase("CuttingOver", "1x5 0x15 _x40"),
      [`retriever_migration_epoch{${migration},target="search-api"}`]: "4x20 _x40",
    },
    undefined,
  ],
  [
    "RetrieverOperatorGoneInCutover",
    "it is there",
    { ...phase("CuttingOver", "1x60"), [`retriever_migration_epoch{${migration},target="search-api"}`]: "4x60" },
    undefined,
  ],
  [
    "RetrieverOperatorErrors",
    "reconciles fail",
    { 'retriever_reconcile_errors_total{code="ROP_FORBIDDEN"}': "0+1x60" },
    { code: "ROP_FORBIDDEN", ...warning },
  ],
  [
    "RetrieverAdmissionPolicyMissing",
    "the leader misses one",
    {
      'retriever_admission_policy_in_force{policy="shop-pods",instance="a"}': "0x60",
      'retriever_leader{instance="a"}': "1x60",
    },
    { policy: "shop-pods", ...warning },
  ],
  [
    "RetrieverAdmissionPolicyMissing",
    "one missed it that led before",
    {
      'retriever_admission_policy_in_force{policy="shop-pods",instance="a"}': "0x60",
      'retriever_admission_policy_in_force{policy="shop-pods",instance="b"}': "1x60",
      'retriever_leader{instance="a"}': "0x60",
      'retriever_leader{instance="b"}': "1x60",
    },
    undefined,
  ],
  [
    "RetrieverMigrationStalled",
    "a person is needed",
    condition("Stalled", "true", "1x60"),
    { ...ofMigration, ...warning },
  ],
  [
    "RetrieverRollbackPathLost",
    "the rollback path closes in the guard",
    { ...phase("Guard", "1x60"), ...condition("RollbackReady", "false", "1x60") },
    { ...ofMigration, ...critical },
  ],
  [
    "RetrieverRollbackPathLost",
    "it isn't open yet in the ramp",
    { ...phase("Ramp", "1x60"), ...phase("Guard", "0x60"), ...condition("RollbackReady", "false", "1x60") },
    undefined,
  ],
  ["RetrieverRollbackSlow", "a rollback lasts", phase("RollingBack", "1x60"), { ...ofMigration, ...critical }],
  [
    "RetrieverGuardUnobserved",
    "the guard sees nothing",
    { [`retriever_migration_guard_seconds{${migration},clock="unobserved"}`]: "0+60x60" },
    { ...ofMigration, ...warning },
  ],
  [
    "RetrieverGuardUnobserved",
    "it sees",
    { [`retriever_migration_guard_seconds{${migration},clock="unobserved"}`]: "30x60" },
    undefined,
  ],
  [
    "RetrieverPostmortemDue",
    "it is due",
    condition("PostmortemDue", "true", "1x60"),
    { ...ofMigration, severity: "info" },
  ],
  [
    "RETR_ALERT_CANARY",
    "a target is scraped",
    { [`retr_build_info{${target},version="1"}`]: "1x60" },
    { ...ofTarget, severity: "none" },
  ],
  [
    "RETR_ALERT_CANARY",
    "the label is missing",
    { 'retr_build_info{namespace="search",version="1"}': "1x60" },
    undefined,
  ],
];

function judge([alert, , series, labels]: Case): Promise<string> {
  if ("missing" in binaries) throw new Error(binaries.missing);
  const expected = labels === undefined ? [] : [labels];
  return judgeRules(binaries, folder, { series, alert, expected, minutes: 30 });
}

describe.skipIf(missing !== undefined)("the chart's alert", () => {
  it.each(cases)("%s, when %s", async (...one) => {
    expect(await judge(one)).toBe("as expected");
  });

  it("is tried whichever it is, but for the two with tests of their own", async () => {
    const all = [...(await readFile(shipped, "utf8")).matchAll(/- alert: (\S+)/g)].map(([, name]) => name);
    const tried = new Set(cases.filter(([, , , labels]) => labels !== undefined).map(([alert]) => alert));
    expect(all.filter((name) => !tried.has(name ?? ""))).toEqual([
      "RETR_DUAL_VARIANCE_HIGH",
      "RETR_DUAL_VARIANCE_SIDECARS",
    ]);
  });
});
