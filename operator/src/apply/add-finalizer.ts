// Effect addFinalizer: before anything else is written, so that a deletion waits for the way back.
import type { Doing } from "./doing.ts";

export async function addFinalizer({ cluster, meta, signal }: Doing): Promise<void> {
  await cluster.addFinalizer(meta, signal);
}
