// Waiting for what will come, with a deadline.
import { setTimeout as wait } from "node:timers/promises";
import type { Sidecar } from "#support/sidecar/start-sidecar.ts";

const deadlineMs = 15_000;

/** Resolves when `condition` holds; rejects after 15 s with what was waited for. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
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
