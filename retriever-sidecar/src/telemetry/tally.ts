// Counters that requests add to as plain numbers. prom-client looks a counter up by its labels at each `inc`, which a
// request would pay for a dozen times; so it gets the totals at each scrape.
import { Counter, type Registry } from "prom-client";

export type Tally = {
  /** Adds a value of 0 or more; `label` is the value of the counter's only label, left out where it has none. */
  readonly add: (value: number, label?: string) => void;
};
type Entry = { readonly name: string; readonly help: string; readonly labels: readonly string[] };

/** A counter with one label or none. Without a label it is exposed from the start, with one from its first value on. */
export function makeTally(registry: Registry, { name, help, labels: [label] }: Entry): Tally {
  const plain = { total: 0 };
  const byLabel = new Map<string, { total: number }>();
  const cellOf = (value: string): { total: number } => {
    const known = byLabel.get(value) ?? { total: 0 };
    byLabel.set(value, known);
    return known;
  };
  const counter = new Counter({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [],
    collect() {
      this.reset();
      if (label === undefined) this.inc(plain.total);
      else for (const [value, { total }] of byLabel) this.inc({ [label]: value }, total);
    },
  });
  registry.registerMetric(counter);
  return {
    add: (value, labelValue) => {
      const cell = labelValue === undefined ? plain : cellOf(labelValue);
      cell.total += value;
    },
  };
}
