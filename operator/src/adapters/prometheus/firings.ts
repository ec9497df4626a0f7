// Raw samples of ALERTS joined into runs, each with what the rules say of it. Pure.
import type { Firing } from "#core/model/alert-observation.ts";
import type { ActiveAlert, RuleInGroup, Series } from "./answers.ts";

/** Evaluations of a rule that may be late or lost before a run has ended. */
const missedIntervals = 2.5;
const leastGapMs = 10_000;
/** Where no rule fits any more. */
const unknownGapMs = 60_000;

const mostFirings = 20;
const mostLabels = 12;
const longestWord = 120;
/** Labels that every series of the question has alike. */
const common: readonly string[] = ["__name__", "alertname", "alertstate", "namespace", "target"];

type FiringPlace = { readonly namespace: string; readonly target: string };

/** Runs of firing samples, oldest first. At most the newest 20: what is older was judged before. */
export function joinFirings(series: readonly Series[], rules: readonly RuleInGroup[], place: FiringPlace): Firing[] {
  const active = activeAlerts(rules, place);
  // What fires by the rules may not be among the samples yet, or not be kept there at all.
  const unsampled = active.filter((alert) => !series.some(({ metric }) => isSame(metric, alert.labels)));
  return [
    ...series.flatMap((one) => firingsOf(one, rules, active)),
    ...unsampled.flatMap(({ labels }) => firingsOf({ metric: labels, values: [] }, rules, active)),
  ]
    .toSorted((a, b) => a.lastAt - b.lastAt)
    .slice(-mostFirings);
}

type FiringAlert = ActiveAlert & { readonly evaluatedAt: number };

function activeAlerts(rules: readonly RuleInGroup[], { namespace, target }: FiringPlace): FiringAlert[] {
  return rules.flatMap(({ rule }) =>
    rule.alerts
      .filter(
        ({ state, labels }) => state === "firing" && labels["namespace"] === namespace && labels["target"] === target,
      )
      .map((alert) => ({ ...alert, evaluatedAt: Date.parse(rule.lastEvaluation) })),
  );
}

function firingsOf(
  { metric, values }: Series,
  rules: readonly RuleInGroup[],
  active: readonly FiringAlert[],
): Firing[] {
  const rule = ruleOf(metric, rules);
  const alert = active.find(({ labels }) => isSame(metric, labels));
  const instants = values.map(([seconds]) => Math.round(seconds * 1000));
  const gapMs = rule === undefined ? unknownGapMs : Math.max(leastGapMs, rule.intervalSeconds * missedIntervals * 1000);
  const runs = joinRuns(alert === undefined ? instants : [...instants, alert.evaluatedAt], gapMs);
  return runs.map(([firstAt, lastAt], index) => {
    // Only the last run can be the one that fires now.
    const now = index === runs.length - 1 ? alert : undefined;
    return {
      labels: ownLabels(metric),
      causes: causesOf(metric, now),
      firstAt,
      lastAt,
      activeAt: now === undefined ? null : Date.parse(now.activeAt),
      forSeconds: rule?.rule.duration ?? 0,
      value: now === undefined ? null : now.value.slice(0, longestWord),
    };
  });
}

/** Spans of instants that lie no further apart than the gap. */
function joinRuns(instants: readonly number[], gapMs: number): (readonly [first: number, last: number])[] {
  const runs: [number, number][] = [];
  for (const instant of instants.toSorted((a, b) => a - b)) {
    const open = runs.at(-1);
    if (open !== undefined && instant - open[1] <= gapMs) open[1] = instant;
    else runs.push([instant, instant]);
  }
  return runs;
}

/** The rule whose own labels the series has; of several the one with the shortest `for`, which credits the least. */
function ruleOf(metric: Series["metric"], rules: readonly RuleInGroup[]): RuleInGroup | undefined {
  return rules
    .filter(({ rule }) =>
      Object.entries(rule.labels).every(([name, value]) => metric[name] === value || isTemplate(value)),
    )
    .toSorted((a, b) => a.rule.duration - b.rule.duration)[0];
}

function isTemplate(value: string): boolean {
  return value.includes("{{");
}

/** Whether two series of the same namespace and target are the same. */
function isSame(a: Series["metric"], b: Series["metric"]): boolean {
  return JSON.stringify(ownLabels(a)) === JSON.stringify(ownLabels(b));
}

function ownLabels(labels: Series["metric"]): Series["metric"] {
  const own = Object.entries(labels)
    .filter(([name]) => !common.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, mostLabels);
  return Object.fromEntries(own.map(([name, value]) => [name.slice(0, longestWord), value.slice(0, longestWord)]));
}

/** Causes by commas, from the label and the annotation. */
function causesOf(metric: Series["metric"], active: ActiveAlert | undefined): string[] {
  const stated = [metric["cause"] ?? "", active?.annotations["cause"] ?? ""].flatMap((text) => text.split(","));
  const words = stated.map((word) => word.trim().slice(0, longestWord)).filter((word) => word !== "");
  return [...new Set(words)].slice(0, mostLabels);
}
