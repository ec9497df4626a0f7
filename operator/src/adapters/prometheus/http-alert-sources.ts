// The AlertSources port over the HTTP APIs of Prometheus and Alertmanager: one read a reconcile, and one per Alertmanager.
import {
  type AlertRule,
  type AlertsObservation,
  type CanaryDelivery,
  canaryAlert,
} from "#core/model/alert-observation.ts";
import { asOperatorError, OperatorError } from "#errors.ts";
import type { AlertQuestion, AlertSources } from "#ports/alert-sources.ts";
import { parseHeldAlerts, parseRules, type RuleInGroup } from "./answers.ts";
import { firingsOf, isFiringFor } from "./firings.ts";
import { openPlace, type Parameter, type Place } from "./place.ts";
import type { PinnedRule, SourceConfig } from "./sources-file.ts";

export type HttpAlertSources = AlertSources & { readonly close: () => Promise<void> };

type HttpAlertSourcesOptions = {
  readonly sources: readonly SourceConfig[];
  /** Of one request, in ms. */
  readonly deadlineMs: number;
  /** When the canary of a target last arrived at the webhook; absent: there is no webhook. */
  readonly canaryArrivedAt?: ((place: Pick<AlertQuestion, "namespace" | "target">) => number | null) | undefined;
  /** Told of every read with the code of its fault, or "done". */
  readonly report?: (source: string, kind: "rules" | "alertmanager", result: string) => void;
};

const mostRules = 20;

type Source = {
  readonly prometheus: Place;
  readonly alertmanagers: readonly Place[];
  readonly pinnedRules: readonly PinnedRule[];
};

/** Sources by the administrator's names. */
export function makeHttpAlertSources(options: HttpAlertSourcesOptions): HttpAlertSources {
  const { sources, deadlineMs } = options;
  const opened = new Map<string, Source>(
    sources.map(({ name, alertmanagers = [], pinnedRules = [], ...place }) => [
      name,
      {
        prometheus: openPlace({ ...place, about: name, deadlineMs }),
        alertmanagers: alertmanagers.map((one, index) =>
          openPlace({ ...one, about: `Alertmanager ${index + 1} of ${name}`, deadlineMs }),
        ),
        pinnedRules,
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
  const { alert } = question;
  const [rules, alertmanagers] = await Promise.all([
    readRules(source, question, reading),
    readAlertmanagers(source, question, reading),
  ]);
  const pinsOf = (name: string) => source.pinnedRules.filter((pin) => pin.alert === name);
  const named = (name: string) => rules.filter((one) => one.rule.name === name && isOneOf(pinsOf(name), one));
  const canary = named(canaryAlert);
  const firing = canary.flatMap(({ rule }) => rule.alerts).find((one) => isFiringFor(one, question));
  const { canaryArrivedAt } = reading.options;
  return {
    isPinned: pinsOf(alert).length > 0,
    rules: named(alert).slice(0, mostRules).map(toRule),
    firings: firingsOf(named(alert), question),
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

/** Nothing pinned: every rule of the name. Names and labels anyone may give; a group's file is the administrator's. */
function isOneOf(pins: readonly PinnedRule[], { group, file }: RuleInGroup): boolean {
  return pins.length === 0 || pins.some((pin) => pin.group === group && pin.file === file);
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
  kind: "rules" | "alertmanager",
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
    labels: knownLabels(rule.labels),
  };
}

/** The labels that say whom a rule is for, and whose evidence it tells. */
function knownLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(labels).filter(([name]) => ["namespace", "target", "evidence"].includes(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, value.slice(0, 253)]));
}
