// Times of a day in a time zone, as people write them: "09:00" to "16:00", Europe/Berlin.
import { z } from "zod";

/** `00:00` to `23:59`, and `24:00` for the end of the day. */
export const timeOfDaySchema = z
  .string()
  .max(5)
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 'expected a time of day such as "09:30", up to "24:00"');

/** A time zone of the IANA database, or a fixed offset. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, 'expected a time zone such as "UTC" or "Europe/Berlin"');

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Days as the window names them, in the order of ISO 8601: Mon is 1. */
export const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
export type Day = (typeof days)[number];
