// Judged acts go once the evidence holds them: the record is what is left of them.
import type { Effect } from "#core/model/decision.ts";
import type { EffectContext } from "./effect-context.ts";

type PruneActs = Extract<Effect, { readonly kind: "pruneActs" }>;

/** Deletes what stands in the evidence. What doesn't yet goes with its migration, should that end first. */
export async function pruneActs({ acts }: PruneActs, context: EffectContext): Promise<void> {
  const { cluster, meta, isOnRecord, signal } = context;
  for (const act of acts) {
    if (!act.stays && isOnRecord(meta.uid, act.uid)) await cluster.deleteAct(meta, act, signal);
    else if (act.ownerless) await cluster.ownAct(meta, act, signal);
  }
}
