// Effect applyOverlay: the exact text and its intent in one write.
import type { Effect } from "#core/model/decision.ts";
import type { Doing } from "./doing.ts";

export async function applyOverlay(effect: Extract<Effect, { kind: "applyOverlay" }>, doing: Doing): Promise<void> {
  const { text, intent, force } = effect;
  await doing.cluster.applyOverlay(doing.target, { text, intent, force }, doing.signal);
}
