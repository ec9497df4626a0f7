// Effect removeFinalizer: the last thing done to a migration that is being deleted.
import type { Doing } from "./doing.ts";

export async function removeFinalizer({ cluster, meta, signal }: Doing): Promise<void> {
  await cluster.removeFinalizer(meta, signal);
}
