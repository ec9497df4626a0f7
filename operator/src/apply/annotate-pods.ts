// Effect annotatePods: makes the kubelets look at their volumes at once. A pod that is gone needs no annotation.

import type { Effect } from "#core/model/decision.ts";
import { hasCode } from "#errors.ts";
import { mapBounded } from "#timing/bounded.ts";
import type { Doing } from "./doing.ts";

const patchedAtOnce = 20;

/** Tries every pod even when some fail, then fails with the first fault. */
export async function annotatePods(effect: Extract<Effect, { kind: "annotatePods" }>, doing: Doing): Promise<void> {
  const faults = await mapBounded(effect.pods, patchedAtOnce, async (pod) => {
    try {
      await doing.cluster.annotatePod(doing.meta.namespace, pod, effect.epoch, doing.signal);
      return [];
    } catch (fault) {
      return hasCode(fault, "ROP_NOT_FOUND") ? [] : [fault];
    }
  });
  const [first] = faults.flat();
  if (first !== undefined) throw first;
}
