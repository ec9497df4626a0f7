// Effect removeOverlay: the pods go back to the base.
import type { Doing } from "./doing.ts";

export async function removeOverlay({ cluster, target, signal }: Doing): Promise<void> {
  await cluster.releaseOverlay(target, true, signal);
}
