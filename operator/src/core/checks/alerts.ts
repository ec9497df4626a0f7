// AlertsArmed: whether the alert would reach the operator. True only on a rule that is evaluated and a canary that fires.

import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import {
  type AlertRule,
  type AlertsObservation,
  type CanaryDelivery,
  canaryAlert,
  isOwnEvidence,
} from "../model/alert-observation.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";
import type { PodObservation } from "../model/workload.ts";
import { neededPods } from "../pods/acks.ts";

/** The source that needs no Prometheus. */
export const sidecarSource = "Sidecars";
/** An evaluation is recent up to three intervals, and never stale within a minute. */
const recentSeconds = 60;
const recentIntervals = 3;
/** The canary is sent again at least this often. */
const canaryRepeatSeconds = 600;

type AlertsInput = {
  readonly plan: MigrationSpec;
  readonly meta: Pick<MigrationMeta, "namespace">;
  readonly observation: Observation;
  readonly serving: readonly PodObservation[];
  /** Epoch ms. */
  readonly now: number;
};

/** The check. A failed read is Unknown; what was read and isn't as it must be is False. */
export function judgeAlerts(input: AlertsInput): Fact {
  const { plan, observation } = input;
  const { source } = plan.metrics;
  if (source === sidecarSource) return judgeOwnEvaluation(input);
  const read = observation.alerts?.read;
  if (read === undefined) return unknown("NotObserved", `Prometheus ${source} was not asked`);
  if (!read.ok) return unknown("NotObserved", `Prometheus ${source} can't be read: ${read.why}`);
  const pinned = read.value.isPinned ? " in the group and file that the administrator pinned" : "";
  return (
    judgeRules(plan.rollback.alert, read.value.rules, { ...input, pinned }) ??
    judgeRules(canaryAlert, read.value.canary.rules, { ...input, pinned: "" }) ??
    judgeCanary(read.value, input) ??
    judgeDelivery(read.value.delivery, input.now) ??
    armed(read.value, input)
  );
}

/** Whether the alert can't reach the operator itself, which nothing may rise or be guarded over. */
export function isDeaf({ status, reason }: Fact): boolean {
  return status !== "True" && !undelivered.includes(reason);
}

const undelivered: readonly string[] = ["CanaryNotHeld", "AlertmanagersNotObserved", "CanaryNotArrived"];

function judgeOwnEvaluation({ plan, serving }: AlertsInput): Fact {
  const { alert, window, sustainedFor } = plan.rollback;
  const answered = serving.filter(({ status }) => status.ok).length;
  const rests = `the operator evaluates ${alert} itself over the evidence of ${answered} of ${serving.length} ${plural(serving.length, "pod")} (window ${window}, sustained for ${sustainedFor}); no Prometheus is asked`;
  const running = serving.filter(({ nodeLost, status }) => !nodeLost || status.ok).length;
  if (serving.length === 0 || answered < neededPods(plan, running)) return unknown("NotObserved", rests);
  return { status: "True", reason: "EvaluatedByOperator", message: rests };
}

/** The first thing wrong with the rules of a name; undefined when nothing is. */
function judgeRules(
  name: string,
  rules: readonly AlertRule[],
  input: AlertsInput & { readonly pinned: string },
): Fact | undefined {
  const where = `Prometheus ${input.plan.metrics.source}`;
  const ours = rules.filter((rule) => isForTarget(rule, input));
  if (ours.length === 0) {
    const others = rules.length === 0 ? "" : `, only ${rules.length} for other namespaces or targets`;
    return no("RuleMissing", `${where} has no alerting rule ${name} for this target${input.pinned}${others}`);
  }
  const failing = ours.find(({ health }) => health === "err");
  if (failing !== undefined) return no("RuleFailing", `${where} can't evaluate ${name} (group ${failing.group})`);
  const fresh = ours.find(({ evaluatedAt, health }) => evaluatedAt === null || health === "unknown");
  if (fresh !== undefined)
    return unknown("RuleNotEvaluated", `${where} has not evaluated ${name} yet (group ${fresh.group})`);
  const ahead = ours.find((rule) => -ageSeconds(rule, input.now) > longestAgeSeconds(rule));
  if (ahead !== undefined) {
    const seconds = Math.round(-ageSeconds(ahead, input.now));
    const words = `its clock is ${seconds} s ahead of the operator's, so that it would never be seen to stop`;
    return unknown("RuleNotEvaluated", `${where} evaluated ${name} (group ${ahead.group}) in time to come: ${words}`);
  }
  const stale = ours.find((rule) => ageSeconds(rule, input.now) > longestAgeSeconds(rule));
  if (stale === undefined) return undefined;
  const age = Math.round(ageSeconds(stale, input.now));
  return no(
    "RuleStale",
    `${where} evaluated ${name} (group ${stale.group}) ${age} s ago, expected every ${stale.intervalSeconds} s`,
  );
}

/** A rule that sets no such label takes it from its series: whether those exist is what the canary shows. */
function isForTarget({ labels }: AlertRule, { meta, plan }: AlertsInput): boolean {
  const { namespace = meta.namespace, target = plan.target.name } = labels;
  return namespace === meta.namespace && target === plan.target.name;
}

/** A rule that was never evaluated is older than any. */
function ageSeconds({ evaluatedAt }: AlertRule, now: number): number {
  return (now - Number(evaluatedAt)) / 1000;
}

function longestAgeSeconds({ intervalSeconds }: AlertRule): number {
  return Math.max(recentSeconds, recentIntervals * intervalSeconds);
}

function judgeCanary({ canary }: AlertsObservation, { plan, meta }: AlertsInput): Fact | undefined {
  if (canary.activeAt !== null) return undefined;
  const labels = `namespace="${meta.namespace}", target="${plan.target.name}"`;
  return no(
    "CanaryNotFiring",
    `${canaryAlert} does not fire for {${labels}}: the sidecars are not scraped, or not with these labels`,
  );
}

/** People are told by Alertmanager: before anything changes, the canary has to have come all the way. */
function judgeDelivery({ alertmanagers, webhook }: CanaryDelivery, now: number): Fact | undefined {
  if (alertmanagers !== undefined && !alertmanagers.ok)
    return unknown("AlertmanagersNotObserved", `no Alertmanager can be read: ${alertmanagers.why}`);
  if (alertmanagers !== undefined && alertmanagers.value.holding === 0)
    return no("CanaryNotHeld", `${canaryAlert} reached none of ${alertmanagers.value.asked} Alertmanagers`);
  if (webhook === undefined) return undefined;
  const seconds = webhook.arrivedAt === null ? undefined : Math.round((now - webhook.arrivedAt) / 1000);
  if (seconds !== undefined && seconds <= canaryRepeatSeconds) return undefined;
  const last = seconds === undefined ? "not since the operator started" : `${seconds} s ago`;
  return unknown(
    "CanaryNotArrived",
    `${canaryAlert} arrived at the webhook ${last}, expected every ${canaryRepeatSeconds} s or more often`,
  );
}

/** A rule that nobody pinned may be anyone's: it holds and nothing more, which isn't reason enough to wait for it. */
function armed({ isPinned, rules, delivery }: AlertsObservation, input: AlertsInput): Fact {
  const { plan } = input;
  const ours = rules.filter((rule) => isForTarget(rule, input));
  const waits = [...new Set(ours.map(({ forSeconds }) => `${forSeconds} s`))].join(", ");
  const ways = [
    ...(delivery.alertmanagers === undefined ? [] : ["an Alertmanager holds it"]),
    ...(delivery.webhook === undefined ? [] : ["it arrived at the webhook"]),
  ];
  const path = [`${canaryAlert} fires`, ...ways].join(", ");
  const message = `Prometheus ${plan.metrics.source} evaluates ${plan.rollback.alert} (for ${waits} of ${plan.rollback.sustainedFor}); ${path}`;
  if (isPinned || ours.every(({ labels }) => isOwnEvidence(labels)))
    return { status: "True", reason: "Armed", message };
  const rests = "the administrator pinned no rule of this name, so that its firing only holds";
  return { status: "True", reason: "NotPinned", message: `${message}; ${rests}` };
}

function no(reason: string, message: string): Fact {
  return { status: "False", reason, message };
}

function unknown(reason: string, message: string): Fact {
  return { status: "Unknown", reason, message };
}
