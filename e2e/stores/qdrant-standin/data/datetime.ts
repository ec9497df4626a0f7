// RFC 3339 times as Qdrant compares and prints them: microseconds since 1970.
// Offsets and fractions of a second count; a bare date is its midnight in UTC.

const pattern = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** Microseconds since 1970; undefined when the text is no such time. */
export function parseDatetime(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, day = "", time = "00:00:00", fraction = "", offset = "Z"] = match;
  const zone = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase();
  const milliseconds = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(milliseconds) || !isDay(day)
    ? undefined
    : milliseconds * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** Date.parse takes 30 February for a day in March. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
