// What a Prometheus answers about one alert and its canary, for tests that play one.
type Alert = { readonly labels: Readonly<Record<string, string>>; readonly activeAt: string; readonly state?: string };
type Rule = { readonly name: string; readonly duration?: number; readonly alerts?: readonly Alert[] };

export const place = { namespace: "search", target: "search-api" };

/** The answer of /api/v1/rules with these rules, evaluated at `now`. */
export function rulesAnswer(now: number, rules: readonly Rule[]): object {
  const evaluatedAt = new Date(now).toISOString();
  const groups = [
    {
      name: "retriever",
      interval: 5,
      rules: [
        { type: "recording", name: "x", health: "ok" },
        ...rules.map(({ name, duration = 10, alerts = [] }) => ({
          type: "alerting",
          name,
          duration,
          health: "ok",
          lastEvaluation: evaluatedAt,
          labels: {},
          alerts: alerts.map((alert) => ({ state: "firing", annotations: {}, value: "1e+00", ...alert })),
        })),
      ],
    },
  ];
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

/** The answer of /api/v1/query: firing samples of one series at these instants. */
export function samplesAnswer(instants: readonly number[], labels: Readonly<Record<string, string>> = {}): object {
  const metric = {
    __name__: "ALERTS",
    alertname: "RETR_DUAL_VARIANCE_HIGH",
    alertstate: "firing",
    ...place,
    ...labels,
  };
  const values = instants.map((instant) => [instant / 1000, "1"]);
  const result = instants.length === 0 ? [] : [{ metric, values }];
  return { status: "success", data: { resultType: "matrix", result } };
}
