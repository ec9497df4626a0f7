// The operator's metrics on a registry of their own. Counts what it is told; series of migrations that are gone go, too.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type MetricName, metricTable } from "./metric-table.ts";
import { isOfMigrations, keepFacts, type MigrationFacts, renderMigrations } from "./migration-metrics.ts";

export type Metrics = {
  readonly count: (name: MetricName, labels?: Readonly<Record<string, string>>) => void;
  readonly observe: (name: MetricName, labels: Readonly<Record<string, string>>, value: number) => void;
  readonly set: (name: MetricName, value: number, labels?: Readonly<Record<string, string>>) => void;
  /** A gauge that is read when it is scraped. */
  readonly follow: (name: MetricName, read: () => number) => void;
  /** Replaces all series of a migration. */
  readonly showMigration: (facts: MigrationFacts) => void;
  readonly forgetMigration: (key: { readonly namespace: string; readonly name: string }) => void;
  /** The text form, for scraping. */
  readonly render: () => Promise<string>;
  readonly contentType: string;
};

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of the table, and Node's own when asked for. */
export function makeMetrics(options: { readonly processMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const row of metricTable) {
    if (isOfMigrations(row)) continue;
    const { name, kind, labels, help } = row;
    const shape = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === "counter") counters.set(name, new Counter(shape));
    else if (kind === "gauge") gauges.set(name, new Gauge(shape));
    else histograms.set(name, new Histogram({ ...shape, buckets }));
  }
  const shown = new Map<string, string>();
  const followed = new Map<MetricName, () => number>();
  const idOf = (key: { readonly namespace: string; readonly name: string }) => `${key.namespace}/${key.name}`;

  return {
    count: (name, labels = {}) => counters.get(name)?.inc({ ...labels }),
    observe: (name, labels, value) => histograms.get(name)?.observe({ ...labels }, value),
    set: (name, value, labels = {}) => gauges.get(name)?.set({ ...labels }, value),
    showMigration: (facts) => void shown.set(idOf(facts), keepFacts(facts)),
    forgetMigration: (key) => void shown.delete(idOf(key)),
    follow: (name, read) => followed.set(name, read),
    render: async () => {
      for (const [name, read] of followed) gauges.get(name)?.set(read());
      return `${renderMigrations(shown.values())}${await registry.metrics()}`;
    },
    contentType: registry.contentType,
  };
}
