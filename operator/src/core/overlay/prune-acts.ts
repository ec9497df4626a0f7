// Acts that had their turn don't lie there for ever: what is listed stays small, whoever creates how many of them.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Effect, JudgedAct } from "../model/decision.ts";
import type { Observation } from "../model/observation.ts";

/** Judged acts that still lie there. `status`: as it is stored, since what was judged only now may have to be judged again. */
export function pruneActs(observation: Observation, status: MigrationStatus): Effect[] {
  const acts = judgedActs(observation, status);
  return acts.length === 0 ? [] : [{ kind: "pruneActs", acts }];
}

/** A postmortem's words are in its act alone. */
export function judgedActs({ acts }: Observation, { acts: judged, postmortem }: MigrationStatus): JudgedAct[] {
  if (!acts.ok) return [];
  const known = new Set(judged?.seen);
  return acts.value
    .filter(({ uid }) => known.has(uid))
    .map(({ name, uid, act, ownerless = false }) => {
      const stays = act === "Postmortem" && name === postmortem?.act;
      return { name, uid, stays, ownerless };
    })
    .filter(({ stays, ownerless }) => !stays || ownerless);
}
