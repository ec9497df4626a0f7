// Effect annotatePods: makes the kubelets refresh their volumes at once. A pod that is gone needs no annotation.

import type { Effect } from "#core/model/decision.ts";
import { hasCode } from "#errors.ts";
import { mapBounded } from "#timing/bounded.ts";
import type { EffectContext } from "./effect-context.ts";

const patchedAtOnce = 20;
/** No pod's turn begins later: the others are annotated in the next pass. */
const begunMs = 2000;

/** Tries every pod even when some fail, as far as time goes, then fails with the first fault. */
export async function annotatePods(
  effect: Extract<Effect, { kind: "annotatePods" }>,
  context: EffectContext,
): Promise<void> {
  const endAt = context.clock.elapsed() + begunMs;
  const faults = await mapBounded(effect.pods, patchedAtOnce, async (pod) => {
    if (context.clock.elapsed() >= endAt) return [];
    try {
      await context.cluster.annotatePod(context.meta.namespace, pod, effect.epoch, context.signal);
      return [];
    } catch (fault) {
      return hasCode(fault, "ROP_NOT_FOUND") ? [] : [fault];
    }
  });
  const [first] = faults.flat();
  if (first !== undefined) throw first;
}
