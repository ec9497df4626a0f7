// The AlertSources port over the HTTP APIs of Prometheus and Alertmanager: two reads a reconcile, and one per Alertmanager.
import {
  type AlertRule,
  type AlertsObservation,
  type CanaryDelivery,
  canaryAlert,
} from "#core/model/alert-observation.ts";
import { asOperatorError, OperatorError } from "#errors.ts";
import type { AlertQuestion, AlertSources } from "#ports/alert-sources.ts";
import type { Clock } from "#ports/clock.ts";
import { parseHeldAlerts, parseRules, parseSeries, type RuleInGroup } from "./answers.ts";
import { joinFirings } from "./firings.ts";
import { openPlace, type Parameter, type Place } from "./place.ts";
import type { SourceConfig } from "./sources-file.ts";

export type HttpAlertSources = AlertSources & { readonly close: () => Promise<void> };

type HttpAlertSourcesOptions = {
  readonly sources: readonly SourceConfig[];
  /** Of one request, in ms. */
  readonly deadlineMs: number;
  readonly clock: Pick<Clock, "now">;
  /** When the canary of a target last arrived at the webhook; absent: there is no webhook. */
  readonly canaryArrivedAt?: ((place: Pick<AlertQuestion, "namespace" | "target">) => number | null) | undefined;
  /** Told of every read with the code of its fault, or "done". */
  readonly report?: (source: string, kind: "rules" | "query" | "alertmanager", result: string) => void;
};

/** A run that had begun before the epoch is seen to have. */
const marginSeconds = 60;
/** Samples of a longer epoch were judged before. */
const longestRangeSeconds = 6 * 3600;
const mostRules = 20;

type Source = { readonly prometheus: Place; readonly alertmanagers: readonly Place[] };

/** Sources by the administrator's names. */
export function makeHttpAlertSources(options: HttpAlertSourcesOptions): HttpAlertSources {
  const { sources, deadlineMs } = options;
  const opened = new Map<string, Source>(
    sources.map(({ name, alertmanagers = [], ...place }) => [
      name,
      {
        prometheus: openPlace({ ...place, about: name, deadlineMs }),
        alertmanagers: alertmanagers.map((one, index) =>
          openPlace({ ...one, about: `Alertmanager ${index + 1} of ${name}`, deadlineMs }),
        ),
      },
    ]),
  );
  return {
    names: sources.map(({ name }) => name),
    read: async (question, signal) => {
      const source = opened.get(question.source);
      if (source === undefined)
        throw new OperatorError("ROP_ALERTS_UNAVAILABLE", `no source ${question.source} is configured any more`);
      return readSource(source, question, { options, signal });
    },
    close: async () => {
      const places = [...opened.values()].flatMap(({ prometheus, alertmanagers }) => [prometheus, ...alertmanagers]);
      await Promise.all(places.map((place) => place.close()));
    },
  };
}

type Reading = { readonly options: HttpAlertSourcesOptions; readonly signal: AbortSignal };

async function readSource(source: Source, question: AlertQuestion, reading: Reading): Promise<AlertsObservation> {
  const { alert, namespace, target } = question;
  const [rules, series, alertmanagers] = await Promise.all([
    readRules(source, question, reading),
    readSeries(source, question, reading),
    readAlertmanagers(source, question, reading),
  ]);
  const named = (name: string) => rules.filter(({ rule }) => rule.name === name);
  const canary = named(canaryAlert);
  const firing = canary
    .flatMap(({ rule }) => rule.alerts)
    .find(
      ({ labels, state }) => state === "firing" && labels["namespace"] === namespace && labels["target"] === target,
    );
  const { canaryArrivedAt } = reading.options;
  return {
    rules: named(alert).slice(0, mostRules).map(toRule),
    firings: joinFirings(series, named(alert), question),
    canary: {
      rules: canary.slice(0, mostRules).map(toRule),
      activeAt: firing === undefined ? null : Date.parse(firing.activeAt),
    },
    delivery: {
      ...(alertmanagers === undefined ? {} : { alertmanagers }),
      ...(canaryArrivedAt === undefined ? {} : { webhook: { arrivedAt: canaryArrivedAt(question) } }),
    },
  };
}

async function readRules({ prometheus }: Source, question: AlertQuestion, reading: Reading): Promise<RuleInGroup[]> {
  const names = [question.alert, canaryAlert];
  // An older Prometheus sends all rules all the same.
  const query: Parameter[] = [["type", "alert"], ...names.map((name): Parameter => ["rule_name[]", name])];
  const answer = await ask(prometheus, "rules", ["/api/v1/rules", query], { ...reading, source: question.source });
  return parseRules(question.source, answer, names);
}

/** Every firing sample in the range itself, not one per step: what fired between two reconciles is among them. */
async function readSeries({ prometheus }: Source, question: AlertQuestion, reading: Reading) {
  if (question.since === null) return [];
  const { alert, namespace, target, since, source } = question;
  const age = Math.ceil((reading.options.clock.now() - since) / 1000) + marginSeconds;
  const seconds = Math.min(longestRangeSeconds, Math.max(marginSeconds, age));
  const matchers = Object.entries({ alertname: alert, alertstate: "firing", namespace, target });
  const selector = matchers.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",");
  const query: Parameter[] = [["query", `ALERTS{${selector}}[${seconds}s]`]];
  const answer = await ask(prometheus, "query", ["/api/v1/query", query], { ...reading, source });
  return parseSeries(source, answer);
}

async function readAlertmanagers(
  { alertmanagers }: Source,
  { namespace, target, source }: AlertQuestion,
  reading: Reading,
): Promise<CanaryDelivery["alertmanagers"]> {
  if (alertmanagers.length === 0) return undefined;
  const labels = Object.entries({ alertname: canaryAlert, namespace, target });
  const filters = labels.map(([name, value]): Parameter => ["filter", `${name}=${JSON.stringify(value)}`]);
  const answers = await Promise.allSettled(
    alertmanagers.map(async (place) => {
      const answer = await ask(place, "alertmanager", ["/api/v2/alerts", filters], { ...reading, source });
      return parseHeldAlerts(source, answer);
    }),
  );
  const held = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const holding = held.filter((count) => count > 0).length;
  const [fault] = answers.flatMap((answer) => (answer.status === "rejected" ? [asOperatorError(answer.reason)] : []));
  // One that can't be read says nothing, as long as another one holds it.
  if (fault !== undefined && holding === 0) return { ok: false, why: `${fault.code}: ${fault.message}` };
  return { ok: true, value: { asked: alertmanagers.length, holding } };
}

async function ask(
  place: Place,
  kind: "rules" | "query" | "alertmanager",
  [path, query]: readonly [string, readonly Parameter[]],
  { options, signal, source }: Reading & { readonly source: string },
): Promise<unknown> {
  try {
    const answer = await place.get(path, query, signal);
    options.report?.(source, kind, "done");
    return answer;
  } catch (fault) {
    options.report?.(source, kind, asOperatorError(fault).code);
    throw fault;
  }
}

function toRule({ group, intervalSeconds, rule }: RuleInGroup): AlertRule {
  const evaluatedAt = Date.parse(rule.lastEvaluation);
  return {
    group: group.slice(0, 120),
    forSeconds: rule.duration,
    intervalSeconds,
    health: rule.health,
    // Go's zero time: not evaluated yet.
    evaluatedAt: evaluatedAt > 0 ? evaluatedAt : null,
    labels: placeLabels(rule.labels),
  };
}

/** The labels that say whom a rule is for. */
function placeLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(labels).filter(([name]) => name === "namespace" || name === "target");
  return Object.fromEntries(entries.map(([name, value]) => [name, value.slice(0, 253)]));
}
