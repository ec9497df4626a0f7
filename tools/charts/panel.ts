// What a dashboard is made of, and the queries that several panels are made from.

/** A state that a value stands for, and its colour by Grafana's names. */
export type State = { readonly text: string; readonly color: string };

export type Panel = {
  /** Curves where left out. */
  readonly type?: "timeseries" | "state-timeline" | "stat";
  readonly title: string;
  readonly about: string;
  /** Of what is drawn; Grafana's names. */
  readonly unit: "percentunit" | "ms" | "s" | "short" | "reqps";
  /** Legend of each query. */
  readonly queries: Readonly<Record<string, string>>;
  /** Where the line turns red. */
  readonly limit?: number;
  /** Of a panel whose values are states: the first is 1. */
  readonly states?: readonly State[];
};
export type Dashboard = {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly panels: readonly Panel[];
};

/** Labels of the chosen migrations. */
export const own = 'namespace=~"$namespace", name=~"$migration"';
/** Labels of the chosen Deployments. */
export const at = 'namespace=~"$namespace", target=~"$target"';

/** Requests a second, by Deployment. */
export function over(metric: string): string {
  return `sum by (namespace, target) (rate(${metric}{${at}}[5m]))`;
}

/** The same of a counter that has no series before it first counts. */
export function overOrNone(metric: string): string {
  return `(${over(metric)} or 0 * ${over("retrieval_total")})`;
}

/** What nobody counted yet is 0, without labels. */
export function orZero(expr: string): string {
  return `${expr} or on () vector(0)`;
}

/** A gauge with one series for each word of a label, 1 for the present one, as the present word's number from 1. */
export function stateOf(metric: string, by: string, label: string, words: readonly string[]): string {
  const coded = words.map((word, index) => `(${metric.replace("}", `, ${label}="${word}"}`)} == 1) * ${index + 1}`);
  return `max by (${by}) (${coded.join(" or ")})`;
}
