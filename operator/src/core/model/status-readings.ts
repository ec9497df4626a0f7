// What everybody reads off a status in the same way. Total: what is absent or can't be read never becomes NaN.
import type { Condition, MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";

/** What a condition or a check says, without the time since when. */
export type Fact = { readonly status: Condition["status"]; readonly reason: string; readonly message: string };

/** Epoch ms of an instant; undefined when it is absent or can't be read: NaN would compare as "not yet" everywhere. */
export function instantMs(instant: string | undefined): number | undefined {
  const ms = Date.parse(instant ?? "");
  return Number.isFinite(ms) ? ms : undefined;
}

/** Seconds since an instant; 0 when it is absent, unreadable or lies ahead (clocks may step back). `now` in epoch ms. */
export function secondsSince({ now }: { readonly now: number }, instant: string | undefined): number {
  return Math.max(0, now - (instantMs(instant) ?? now)) / 1000;
}

/** `kind://host:port/place`; before acceptance, or in a damaged status, what the store is to the migration. */
export function labelOf(status: MigrationStatus, store: StoreName): string {
  return status[store]?.label ?? `the ${store}`;
}

/** Whether pods may serve the destination: from CuttingOver until a rollback has reached every pod. */
export function isPastCutover(status: MigrationStatus): boolean {
  return status.revision?.primary === "destination";
}

/** Whether a rollback has begun and isn't finished. */
export function isRollingBack(status: MigrationStatus): boolean {
  return status.phase === "RollingBack" || status.phase === "VerifyingDrift";
}

/** Phases in which users may be served by the destination, and somebody would take them back. */
export const servedPhases: readonly Phase[] = ["CuttingOver", "Guard", "RollingBack"];

/** Reasons of an answer that holds for harm, whatever else holds it as well. */
export const harmHolds: readonly string[] = ["Harm", "OnePodAlone", "RollbackBlocked"];

/** The reason of the newest answer: at the end Ready says how it ended, and Settled what it waits for. */
export function answerOf({ phase, conditions }: Pick<MigrationStatus, "phase" | "conditions">): string | undefined {
  const type = isFinalPhase(phase) ? "Settled" : "Ready";
  return conditions.find((condition) => condition.type === type)?.reason;
}
