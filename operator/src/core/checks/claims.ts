// At most one migration on a target: who has it, decided the same way by every operator.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { ClaimObservation, Observation } from "../model/observation.ts";

/** The migration that holds the target or comes before us; undefined when the target is ours. */
export function rivalOf(
  meta: MigrationMeta,
  plan: MigrationSpec,
  claims: readonly ClaimObservation[],
): ClaimObservation | undefined {
  // Who waits for us isn't before us, however early it was created.
  const living = claims.filter((claim) => !isOver(claim) && (claim.accepted || claim.name !== plan.guard.next));
  return living.find((claim) => claim.accepted) ?? living.find((claim) => comesBefore(claim, meta));
}

/** A claim ends at RolledBack and Validated, and when a completed migration is settled. */
export function isOver(claim: ClaimObservation): boolean {
  if (claim.phase === "RolledBack" || claim.phase === "Validated") return true;
  return claim.phase === "Completed" && claim.settled;
}

/** The migration that names us in guard.next and isn't settled at its destination; a deleted one is none. */
export function predecessorOf(meta: MigrationMeta, claims: readonly ClaimObservation[]): ClaimObservation | undefined {
  return claims.find(({ next, phase, settled }) => next === meta.name && !(phase === "Completed" && settled));
}

function comesBefore(claim: ClaimObservation, meta: MigrationMeta): boolean {
  if (claim.createdAt !== meta.createdAt) return claim.createdAt < meta.createdAt;
  return claim.uid < meta.uid;
}

/** Another migration with the very same plan that was rolled back; undefined when there is none to be seen. */
export function rolledBackBefore(
  plan: MigrationSpec,
  { claims }: Pick<Observation, "claims">,
): ClaimObservation | undefined {
  if (!claims.ok) return undefined;
  const hash = planHash(plan);
  return claims.value.find((claim) => claim.phase === "RolledBack" && claim.planHash === hash);
}
