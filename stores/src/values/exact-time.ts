// Moments with all the digits a store keeps, for what is copied from one store to another.

const printed = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** ISO 8601 in UTC with milliseconds, or with more digits where there are more; without a zone it is UTC. Null for no moment. */
export function exactTime(text: string | null): string | null {
  const match = text === null ? null : printed.exec(text);
  if (match === null) return null;
  const [, date, time, fraction = "", zone = "Z"] = match;
  const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone;
  const moment = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}${offset}`);
  if (Number.isNaN(moment)) return null;
  const finer = fraction.slice(3).replace(/0+$/, "");
  return `${new Date(moment).toISOString().slice(0, -1)}${finer}Z`;
}

/** Whole milliseconds since 1970; null for no moment. */
export function millisecondsOf(text: string | null): number | null {
  const exact = exactTime(text);
  return exact === null ? null : Date.parse(`${exact.slice(0, 23)}Z`);
}
