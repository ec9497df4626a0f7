// Which store serves users: what the pods were told, and how many of them are known to follow it.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isPastCutover } from "@retriever/operator/core/model/status-readings.ts";
import { spanWord } from "@retriever/operator/page/words.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { MigrationView } from "./migration-view.ts";

type Serving = {
  /** The kind of the store that they were told. */
  readonly store: string;
  /** It, and where other pods may still serve from the other one how many are sure. */
  readonly word: string;
  /** Whether they may. */
  readonly isMixed: boolean;
  /** What of it isn't sure, a sentence each. */
  readonly doubts: readonly string[];
};

/** While pods change over, or where some were left behind, the store they were told is not yet the one that serves. */
export function servingOf(view: Pick<MigrationView, "status" | "plan">): Serving {
  const { status } = view;
  const [told, other] = isPastCutover(status)
    ? (["destination", "source"] as const)
    : (["source", "destination"] as const);
  const store = kindOf(view, told);
  const isMixed = isChangingOver(status) || fencedOf(status) > 0;
  const confirmed = confirmedOf(status.acks, isMixed);
  if (confirmed === "") return { store, word: store, isMixed: false, doubts: [] };
  if (!isMixed) return { store, word: store, isMixed, doubts: [`confirmed by ${confirmed}`] };
  const rest = (status.acks?.matched ?? 0) === 0 ? "all pods" : "the others";
  const doubts = [`${rest} may still serve ${kindOf(view, other)}`];
  return { store, word: `${store}: ${confirmed}`, isMixed, doubts };
}

/** How many pods follow; empty where all do, or where nobody is asked. */
function confirmedOf(acks: MigrationStatus["acks"], isMixed: boolean): string {
  if (acks === undefined) return isMixed ? "not confirmed yet" : "";
  const { matched, pods } = acks;
  return matched >= pods ? "" : `${matched} of ${pods} ${plural(pods, "pod")}`;
}

/** Pods that were left at the source. */
function fencedOf(status: MigrationStatus): number {
  return isPastCutover(status) ? (status.acks?.fenced ?? []).length : 0;
}

/** A rollback from before the cutover changes no store. */
function isChangingOver({ phase, cutoverAt }: MigrationStatus): boolean {
  return phase === "CuttingOver" || (phase === "RollingBack" && cutoverAt !== undefined);
}

function kindOf({ status, plan }: Pick<MigrationView, "status" | "plan">, store: "source" | "destination"): string {
  return store === "source" ? (status.source?.kind ?? store) : (plan?.destination.kind ?? store);
}

/** In the guard, what happens about harm when nobody does anything; empty where nobody knows. */
export function unattendedLine({ status, plan }: Pick<MigrationView, "status" | "plan">): string {
  if (status.phase !== "Guard" || plan === undefined) return "";
  const { automatic, sustainedFor } = plan.rollback;
  if (!automatic) return "Harm takes nothing back by itself: rollback.automatic is false.";
  const isReady = status.conditions.some(({ type, status }) => type === "RollbackReady" && status === "True");
  // As long as half of it is added, in which its end would show.
  const lasts = spanWord(durationSeconds(sustainedFor) * 1.5);
  return isReady ? `Goes back by itself when the destination fails, or is worse for about ${lasts}.` : "";
}
