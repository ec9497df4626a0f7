// Times of a day in a time zone, as people write them: "09:00" to "16:00", Europe/Berlin.
import { z } from "zod";

/** `00:00` to `23:59`, and `24:00` for the end of the day. */
export const timeOfDaySchema = z
  .string()
  .max(5)
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 'expected a time of day such as "09:30", up to "24:00"');

const timeZoneExpectation = 'expected a time zone such as "UTC" or "Europe/Berlin"';

/** A time zone of the IANA database, or a fixed offset. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9+_/:-]+$/, { error: timeZoneExpectation, abort: true })
  .refine(isTimeZone, timeZoneExpectation);

function isTimeZone(name: string): boolean {
  // The default: asking for it would cost as much as the rest of the spec.
  if (name === "UTC") return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Days as the window names them, in the order of ISO 8601: Mon is 1. */
export const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
export type Day = (typeof days)[number];
