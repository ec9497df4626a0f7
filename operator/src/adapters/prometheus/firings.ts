// What fires by a Prometheus's own rules. The ALERTS series aren't asked: anyone whose series or rules it takes can make them.
import type { Firing } from "#core/model/alert-observation.ts";
import type { ActiveAlert, RuleInGroup } from "./answers.ts";

const mostFirings = 20;
const mostLabels = 12;
const longestWord = 120;
/** Labels that every alert of the question has alike. */
const common: readonly string[] = ["alertname", "alertstate", "namespace", "target"];

type Place = { readonly namespace: string; readonly target: string };

/** What fires for the place by these rules; at most 20, those that have lasted longest first. */
export function firingsOf(rules: readonly RuleInGroup[], place: Place): Firing[] {
  return rules
    .flatMap(({ rule: { alerts, lastEvaluation, duration } }) =>
      alerts
        .filter((alert) => isFiringFor(alert, place))
        .map(({ labels, annotations, activeAt, value }) => ({
          labels: ownLabels(labels),
          causes: causesOf(labels, annotations),
          activeAt: Date.parse(activeAt),
          evaluatedAt: Date.parse(lastEvaluation),
          forSeconds: duration,
          value: value.slice(0, longestWord),
        })),
    )
    .toSorted((a, b) => a.activeAt - b.activeAt)
    .slice(0, mostFirings);
}

export function isFiringFor({ state, labels }: ActiveAlert, { namespace, target }: Place): boolean {
  return state === "firing" && labels["namespace"] === namespace && labels["target"] === target;
}

type Labels = ActiveAlert["labels"];

function ownLabels(labels: Labels): Labels {
  const own = Object.entries(labels)
    .filter(([name]) => !common.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, mostLabels);
  return Object.fromEntries(own.map(([name, value]) => [name.slice(0, longestWord), value.slice(0, longestWord)]));
}

/** Causes by commas, from the label and the annotation. */
function causesOf(labels: Labels, annotations: Labels): string[] {
  const stated = [labels["cause"] ?? "", annotations["cause"] ?? ""].flatMap((text) => text.split(","));
  const words = stated.map((word) => word.trim().slice(0, longestWord)).filter((word) => word !== "");
  return [...new Set(words)].slice(0, mostLabels);
}
