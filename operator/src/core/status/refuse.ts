// A spec or a plan that can't be read: nothing moves, and the conditions say why.
import type { Condition, MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import { planDamaged as damaged } from "../model/accepted-plan.ts";
import type { Context } from "../model/context.ts";
import type { Decision, Outcome } from "../model/decision.ts";
import { isSameData } from "../model/deep-equal.ts";
import type { Migration, MigrationMeta } from "../model/migration.ts";
import type { Delivery } from "../model/observation.ts";
import { answerOf } from "../model/status-readings.ts";
import { farewellSinks } from "../outbox/incidents.ts";
import { nextDeliveryMs, settleOutbox } from "../outbox/outbox.ts";
import { clip, stay } from "../steps/transition.ts";
import { withOneOpen } from "./open-checks.ts";
import { storable } from "./storable.ts";

function describeDamage({ deleting }: MigrationMeta): string {
  const byHand = `, or take the finalizer ${settleFinalizer} off by hand, which leaves the overlay in force`;
  return `held: the accepted plan in the status can't be read; restore it, or the spec it was accepted from${deleting ? byHand : ""}; a Rollback act goes back`;
}

/**
 * A damaged accepted plan holds; it never starts anew. A person is called once, and again for as long as it lasts; after the
 * end nobody is woken for it, as nothing would move any more.
 */
export function holdDamaged(c: Context): Outcome {
  const held = stay(c, "stuck", damaged, describeDamage(c.meta));
  if (answerOf(c.status) === damaged) return held;
  const { message, phase } = held.status;
  const severity = isFinalPhase(phase) ? "ticket" : "page";
  return { ...held, announcements: [{ type: "Warning", reason: damaged, message, severity }] };
}

type Refusing = { readonly deliveries: readonly Delivery[]; readonly now: number };

/** Decision for a migration of which nothing says what to go back to, or from. */
export function refuseUnreadable(migration: Migration, { deliveries, now }: Refusing): Decision {
  const { status } = migration;
  const isLeaving = isFree(migration);
  const outbox = settleOutbox({ next: status, deliveries, isLeaving, now });
  const refused = refusedStatus(migration, now);
  const next = storable<MigrationStatus>(outbox.length === 0 ? refused : { ...refused, outbox: [...outbox] });
  const { message } = next;
  const isToldFirst = isLeaving && farewellSinks(next, now).length > 0;
  const severity = status.plan === "" ? "ticket" : "page";
  return {
    status: isSameData(next, status) ? status : next,
    // No plan is needed to let it go.
    effects: isLeaving && !isToldFirst ? [{ kind: "removeFinalizer" }] : [],
    announcements: message === status.message ? [] : [{ type: "Warning", reason: reasonOf(status), message, severity }],
    requeueAfterMs: soonest([...(isToldFirst ? [1000] : []), ...nextDeliveryMs(outbox, now)]),
    effectsSurviveStatusFailure: false,
  };
}

function reasonOf({ plan }: MigrationStatus): string {
  return plan === "" ? "InvalidSpec" : damaged;
}

function refusedStatus({ spec, status, meta }: Migration, now: number): MigrationStatus {
  const faults = spec.ok ? [] : spec.faults;
  const message =
    status.plan !== ""
      ? describeDamage(meta)
      : `the spec is not valid: ${faults.map((fault) => `${fault.path}: ${fault.message}`).join("; ")}`;
  const reason = reasonOf(status);
  const nowIso = new Date(now).toISOString();
  const set = (type: Condition["type"], value: Condition["status"]): Condition => {
    const old = status.conditions.find((condition) => condition.type === type);
    const lastTransitionTime = old?.status === value ? old.lastTransitionTime : nowIso;
    return {
      type,
      status: value,
      reason,
      message: clip(message),
      lastTransitionTime,
      observedGeneration: meta.generation,
    };
  };
  const others =
    status.plan === ""
      ? []
      : status.conditions.filter(({ type }) => !["Ready", "Stalled", "Reconciling"].includes(type));
  const accepted = status.plan === "" ? [set("Accepted", "False"), set("Succeeded", "Unknown")] : [];
  const fact = { status: "False", reason, message } as const;
  return {
    ...withOneOpen(status, status.plan === "" ? "spec" : "migration", fact),
    message: clip(message),
    observedGeneration: meta.generation,
    conditions: [...others, ...accepted, set("Ready", "False"), set("Stalled", "True")],
  };
}

/**
 * Nothing was ever in force: it has the finalizer for an incident alone. Without one in the outbox the status may have been
 * lost, and what it said was in force with it.
 */
function isFree({ meta, status }: Migration): boolean {
  const isUnborn = status.plan === "" && status.planHash === "" && status.revision === undefined;
  const isCalled = (status.outbox ?? []).some(({ incident }) => incident !== undefined);
  return isUnborn && isCalled && meta.deleting && meta.finalizers.includes(settleFinalizer);
}

function soonest(delays: readonly number[]): number | null {
  return delays.length === 0 ? null : Math.min(...delays);
}
