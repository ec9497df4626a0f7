// Answers of a pure function that are asked for again and again, at every reconcile of every migration.

/** Then all are forgotten: as many migrations have hardly so many of them. */
const mostRemembered = 1000;

/** The same function, which reckons an answer once. What it answers isn't changed by anybody. */
export function remembering<T>(reckon: (a: number, b: number) => T): (a: number, b: number) => T {
  const known = new Map<number, Map<number, T>>();
  let count = 0;
  return (a, b) => {
    const before = known.get(a)?.get(b);
    if (before !== undefined) return before;
    const answer = reckon(a, b);
    if (count >= mostRemembered) {
      known.clear();
      count = 0;
    }
    const ofFirst = known.get(a) ?? new Map<number, T>();
    known.set(a, ofFirst.set(b, answer));
    count += 1;
    return answer;
  };
}
