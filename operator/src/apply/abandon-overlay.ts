// Effect abandonOverlay: the migration goes, what it configured stays.
import type { Doing } from "./doing.ts";

export async function abandonOverlay({ cluster, target, signal }: Doing): Promise<void> {
  await cluster.releaseOverlay(target, false, signal);
}
