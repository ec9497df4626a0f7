// Outcomes counted by name, and the failures worth showing.

export type Tally = {
  readonly pass: (outcome: string) => void;
  readonly fail: (outcome: string, details: string) => void;
  /** Fails with this fault, passes without one. */
  readonly count: (outcome: string, fault: string | undefined) => void;
  readonly passed: () => number;
  readonly failed: () => number;
  /** Outcomes with their counts, failed ones with their first examples. */
  readonly print: () => string;
};

const examplesPerOutcome = 3;

export function makeTally(): Tally {
  const passes = new Map<string, number>();
  const failures = new Map<string, { count: number; readonly examples: string[] }>();
  const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
  const pass = (outcome: string): void => void passes.set(outcome, (passes.get(outcome) ?? 0) + 1);
  const fail = (outcome: string, details: string): void => {
    const known = failures.get(outcome) ?? { count: 0, examples: [] };
    known.count += 1;
    if (known.examples.length < examplesPerOutcome) known.examples.push(details.slice(0, 400));
    failures.set(outcome, known);
  };
  return {
    pass,
    fail,
    count: (outcome, fault) => (fault === undefined ? pass(outcome) : fail(outcome, fault)),
    passed: () => sum(passes.values()),
    failed: () => sum([...failures.values()].map(({ count }) => count)),
    print: () => {
      const good = [...passes]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, count]) => line("ok  ", count, name));
      const bad = [...failures].flatMap(([name, { count, examples }]) => [
        line("FAIL", count, name),
        ...examples.map((example) => `              ${example}`),
      ]);
      return [...good, ...bad].join("\n");
    },
  };
}

function line(verdict: string, count: number, name: string): string {
  return `${verdict} ${String(count).padStart(7)}  ${name}`;
}
