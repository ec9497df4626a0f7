// Windows of local time, as instants. Daylight saving follows the time zone; the present is passed in.
import { type Day, days } from "@retriever/crds/fields/time-window.ts";
import { Temporal } from "temporal-polyfill";

/** A span of the day in a time zone; on the next day where `to` isn't after `from`. */
export type DailySpan = { readonly timeZone: string; readonly from: string; readonly to: string };

/** One occurrence, from and to in epoch ms. */
type Occurrence = { readonly from: number; readonly to: number };

type Opening =
  | { readonly isOpen: true; readonly closesAt: number }
  | { readonly isOpen: false; readonly opensAt: number | undefined };

/** Furthest a next opening is searched for: more than a week, for days that lose their hour to daylight saving. */
const furthestDays = 15;

/** Whether a window is open at `now`, and until when or from when on it is. */
export function openingAt(span: DailySpan, openDays: readonly Day[], now: number): Opening {
  // Yesterday's occurrence may last beyond midnight.
  for (const { from, to, day } of occurrences(span, now, furthestDays)) {
    if (!openDays.includes(day) || to <= now) continue;
    return from <= now ? { isOpen: true, closesAt: to } : { isOpen: false, opensAt: from };
  }
  return { isOpen: false, opensAt: undefined };
}

/** End of the first occurrence that begins at or after `since`, epoch ms. Always there: a span comes daily. */
export function endOfNextSpan(span: DailySpan, since: number): number {
  const coming = occurrences(span, since, furthestDays).filter(({ from }) => from >= since);
  return Math.min(...coming.map(({ to }) => to));
}

/** An instant as people there write it: `Mon 2026-03-02 09:00 Europe/Berlin`. */
export function localTime(at: number, timeZone: string): string {
  const there = zoned(at, timeZone);
  const time = there.toPlainTime().toString({ smallestUnit: "minute" });
  return `${dayOf(there)} ${there.toPlainDate().toString()} ${time} ${timeZone}`;
}

/** Those of yesterday and the days from then on, in order; none that daylight saving leaves without length. */
function occurrences(span: DailySpan, at: number, count: number): (Occurrence & { readonly day: Day })[] {
  const yesterday = zoned(at, span.timeZone).toPlainDate().subtract({ days: 1 });
  return Array.from({ length: count }, (_, index) => yesterday.add({ days: index })).flatMap((date) => {
    const from = instantOf(date, span.from, span.timeZone);
    const isOvernight = span.to <= span.from;
    const to = instantOf(isOvernight ? date.add({ days: 1 }) : date, span.to, span.timeZone);
    return from < to ? [{ from, to, day: dayOf(date) }] : [];
  });
}

function zoned(at: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
}

/** A time that daylight saving skips is the one an hour later; one that comes twice is the earlier. */
function instantOf(date: Temporal.PlainDate, time: string, timeZone: string): number {
  const [day, clock] = time === "24:00" ? [date.add({ days: 1 }), "00:00"] : [date, time];
  const there = day.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(clock) });
  return there.epochMilliseconds;
}

function dayOf({ dayOfWeek }: { readonly dayOfWeek: number }): Day {
  return days[dayOfWeek - 1] as Day;
}
