// Durations as the API writes them ("90s", "2h", "1h30m"), and their seconds. The only place that knows the notation.

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/**
 * At least one number with a unit, e.g. `30s`, `1h30m`; no sign, no fraction.
 * Days are left out and numbers end at five digits, so that the API server's own `duration()` takes every match.
 */
export const durationPattern = /^([0-9]{1,5}(ms|s|m|h))+$/;

/** Seconds of a duration of that pattern. Throws RangeError for anything else. */
export function durationSeconds(duration: string): number {
  if (!durationPattern.test(duration)) throw new RangeError(`not a duration: ${duration}`);
  let seconds = 0;
  for (const [, amount, unit] of duration.matchAll(/([0-9]{1,5})(ms|s|m|h)/g)) {
    seconds += Number(amount) * (unitSeconds[unit ?? ""] ?? 0);
  }
  return seconds;
}

/** Shortest usual notation of whole seconds: 5400 → `1h30m`, 0 → `0s`. */
export function printDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), "h"],
    [Math.floor((whole % 3600) / 60), "m"],
    [whole % 60, "s"],
  ];
  const text = parts.flatMap(([amount, unit]) => (amount > 0 ? [`${amount}${unit}`] : [])).join("");
  return text === "" ? "0s" : text;
}
