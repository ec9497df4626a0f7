// How the work of a parser grows with its input: for parsers of foreign text, where one with a square in it is a weapon.

const times = 5;
/** Below it the clock says nothing. */
const leastMs = 4;

/** CPU time of a call in ms: the least of several, since whatever else runs only adds to it. */
export function cpuMsOf(call: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < times; turn += 1) {
    const before = process.cpuUsage();
    try {
      call();
    } catch {
      // A refusal is an answer.
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** How many times longer eight times the text takes: about 8 where it is linear, 64 with a square in it. */
export function growthOf(parse: (text: string) => unknown, make: (size: number) => string, size: number): number {
  const [short, long] = [make(size), make(size * 8)];
  return (
    cpuMsOf(() => parse(long)) /
    Math.max(
      leastMs,
      cpuMsOf(() => parse(short)),
    )
  );
}
