// Instants of the status as numbers. What can't be read is absent, never NaN: NaN compares as "not yet" everywhere.

/** Epoch ms of an instant; undefined when it is absent or can't be read. */
export function instantMs(instant: string | undefined): number | undefined {
  const ms = Date.parse(instant ?? "");
  return Number.isFinite(ms) ? ms : undefined;
}
