// Namespaces by Zipf's law: the one at rank r has 1 / r^exponent times the traffic of the first. Pure.
import type { NamespaceShares } from "./regime.ts";

type Zipf = { readonly count: number; readonly exponent: number };

/** What a namespace is called. */
export function namespaceName(rank: number): string {
  return `namespace-${rank}`;
}

/** The busiest first. */
export function zipfShares({ count, exponent }: Zipf): NamespaceShares["shares"] {
  const weights = Array.from({ length: count }, (_, index) => (index + 1) ** -exponent);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, index) => ({ name: namespaceName(index + 1), share: weight / all }));
}
