// What a Prometheus answers about one alert and its canary, for tests that play one.
type Alert = { readonly labels: Readonly<Record<string, string>>; readonly activeAt: string; readonly state?: string };
type Rule = {
  readonly name: string;
  readonly duration?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly alerts?: readonly Alert[];
};

/** Where a played Prometheus has a rule from, unless it says otherwise. */
const home = { name: "retriever", file: "/etc/prometheus/rules/retriever.yaml" };

export const place = { namespace: "search", target: "search-api" };

/** The answer of /api/v1/rules with these rules in one group, evaluated at `now`. */
export function rulesAnswer(now: number, rules: readonly Rule[]): object {
  return groupsAnswer(now, [{ ...home, rules }]);
}

type Group = { readonly name: string; readonly file: string; readonly rules: readonly Rule[] };

/** The same of several groups. */
export function groupsAnswer(now: number, inGroups: readonly Group[]): object {
  const evaluatedAt = new Date(now).toISOString();
  const groups = inGroups.map(({ name: group, file, rules }) => {
    return {
      name: group,
      file,
      interval: 5,
      rules: [
        { type: "recording", name: "x", health: "ok" },
        ...rules.map(({ name, duration = 10, labels = {}, alerts = [] }) => ({
          type: "alerting",
          name,
          duration,
          health: "ok",
          lastEvaluation: evaluatedAt,
          labels,
          alerts: alerts.map((alert) => ({ state: "firing", annotations: {}, value: "1e+00", ...alert })),
        })),
      ],
    };
  });
  return { status: "success", data: { groups } };
}

/** The canary, firing for the place. */
export function canaryRule(now: number): Rule {
  const labels = { alertname: "RETR_ALERT_CANARY", ...place };
  return {
    name: "RETR_ALERT_CANARY",
    duration: 0,
    alerts: [{ labels, activeAt: new Date(now - 60_000).toISOString() }],
  };
}
