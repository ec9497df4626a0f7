// Waiting for what will come, with a deadline.
import { setTimeout as wait } from "node:timers/promises";
import { patienceMs } from "#support/patience.ts";
import type { Sidecar } from "#support/sidecar/start-sidecar.ts";

const deadlineMs = 15_000;

/** Resolves when `condition` holds; rejects with what was waited for, on a quiet machine after 15 s. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > patienceMs(deadlineMs)) throw new Error(`waited in vain for ${what}`);
    await wait(20);
  }
}

/** Resolves when the sidecar has probed its primary and knows its dimension. */
export function untilProbed(sidecar: Sidecar, dimension: number): Promise<void> {
  return until(`dimension ${dimension} of the primary`, async () => {
    const { stores } = await sidecar.status();
    return stores.some((store) => store.role === "primary" && store.dimension === dimension);
  });
}
