// Moments in filters and in stored text: one spelling of ISO 8601, read to the microsecond.

const pattern = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$/;
/** The years 1 to 9999, which both stores hold. */
const [earliestMs, endMs] = [Date.parse("0001-01-01T00:00:00Z"), Date.parse("+010000-01-01T00:00:00Z")];

/**
 * The moment in UTC, `2026-01-31T12:00:00.500000Z`; undefined: the text is none. Without a zone it is UTC, a date is its
 * midnight, further digits of a second are cut off.
 */
export function readMoment(text: string): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, day = "", time = "00:00:00", fraction = "", zone = "Z"] = match;
  if (!isOfCalendar(`${day}T${time}`)) return undefined;
  const ms = Date.parse(`${day}T${time}${zone}`);
  if (ms < earliestMs || ms >= endMs) return undefined;
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, "0")}Z`;
}

/** JavaScript takes 30 February for 2 March, and 24:00 for the next day. */
function isOfCalendar(time: string): boolean {
  const ms = Date.parse(`${time}Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(time);
}
