// What one hostile observation brings about: decided on by the real core, judged by what is written and by whether a
// person's rollback goes through.

import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { finalPhases } from "@retriever/crds/status/phase-steps.ts";
import { overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import { z } from "zod";
import { decide } from "#core/decide.ts";
import type { Decision, Effect } from "#core/model/decision.ts";
import { isSameData } from "#core/model/deep-equal.ts";
import type { ActObservation, Observation } from "#core/model/observation.ts";
import type { Simulation } from "#test/simulate.ts";

export const harms = [
  "broken status",
  "unreadable overlay",
  "rollback refused",
  "rollback forced",
  "automatic rollback prevented",
  "it threw",
] as const;
export type Harm = (typeof harms)[number];
export type Found = { readonly harm: Harm; readonly words: string };

/** One pass on what `seen` says; the simulation goes on with what was decided. */
export function judge(sim: Simulation, seen: Observation, mayRollBack: boolean): Found[] {
  const before = sim.status;
  try {
    sim.observation = () => seen;
    const decision = sim.reconcile();
    const isForced = before.rollback === undefined && decision.status.rollback !== undefined && !mayRollBack;
    return [
      // The simulation writes it through JSON and the schema, and throws what the API server would.
      ...(isSameData(sim.status, decision.status)
        ? []
        : [{ harm: "broken status" as const, words: "written otherwise" }]),
      ...judgeTexts(decision.status),
      ...decision.effects.flatMap(judgeOverlay),
      ...(isForced ? [{ harm: "rollback forced" as const, words: decision.status.rollback?.causes.join() ?? "" }] : []),
      ...judgeRollback(sim, seen),
    ];
  } catch (fault) {
    const words = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    return [{ harm: fault instanceof z.ZodError ? "broken status" : "it threw", words }];
  }
}

function judgeWritten({ status, effects }: Decision): Found[] {
  const wire = JSON.parse(JSON.stringify(status)) as unknown;
  const parsed = migrationStatusSchema.safeParse(wire);
  const broken: Found[] = parsed.success
    ? isSameData(parsed.data, status)
      ? []
      : [{ harm: "broken status", words: "another one once it was written" }]
    : [{ harm: "broken status", words: parsed.error.message }];
  return [...broken, ...judgeTexts(status), ...effects.flatMap(judgeOverlay)];
}

/** An API server stores another character for half of one: what is read would differ from what was written, in each pass. */
export function judgeTexts(value: unknown, path = ""): Found[] {
  if (typeof value === "string")
    return value.isWellFormed() ? [] : [{ harm: "broken status", words: `half a character in ${path}` }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => judgeTexts(one, `${path}.${key}`));
}

function judgeOverlay(effect: Effect): Found[] {
  if (effect.kind !== "applyOverlay") return [];
  const parsed = overlaySchema.safeParse(JSON.parse(effect.text));
  return parsed.success ? [] : [{ harm: "unreadable overlay", words: parsed.error.message }];
}

const carried = ["RollingBack", "VerifyingDrift", ...finalPhases];

/** A person asks for it on the very same observation. */
function judgeRollback(sim: Simulation, seen: Observation): Found[] {
  const { status, now } = sim;
  if (carried.includes(status.phase) || status.phase === "Pending") return [];
  const basics = { name: "back", uid: "back", reason: "night", planHash: null, expiresAt: null } as const;
  const act: ActObservation = { ...basics, createdAt: now, act: "Rollback", actor: "ada" };
  const asked = decide({ migration: sim.migration, observation: { ...seen, acts: { ok: true, value: [act] } }, now });
  const written = judgeWritten(asked);
  const isBack = asked.effects.some((one) => one.kind === "applyOverlay" && one.document.primary === "source");
  const isIntended = asked.status.rollback !== undefined && asked.status.revision?.primary === "source";
  return isIntended && isBack ? written : [...written, { harm: "rollback refused", words: asked.status.message }];
}
