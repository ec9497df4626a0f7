// How long to wait after failures. Pure: chance is passed in.

export type Backoff = { readonly baseMs: number; readonly capMs: number };

/** Delay before try `failures` + 1, doubled per failure up to the cap, of which the upper half is by chance (0..1). */
export function backoffMs({ baseMs, capMs }: Backoff, failures: number, chance: number): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return full / 2 + (full / 2) * chance;
}
