// The alert as a Prometheus fires it: latched since the epoch's activation, its rule's `for` counted into sustainedFor.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { AlertsRead, Firing } from "../model/alert-observation.ts";
import type { Finding } from "../model/context.ts";
import { instantMs, isPastCutover } from "../model/status-readings.ts";
import { strongestAction } from "./finding.ts";

type Firings = {
  /** What fires now, whether or not it has lasted, and what ended since the last reconcile but had lasted. */
  readonly findings: readonly Finding[];
  readonly due: readonly Finding[];
  /** Newest firing sample that was judged, epoch ms. */
  readonly until: number | undefined;
};

type FiringsInput = {
  readonly plan: MigrationSpec;
  readonly status: MigrationStatus;
  readonly alerts: AlertsRead | undefined;
  /** Epoch ms. */
  readonly now: number;
};

/** Causes that say the destination is the better one: reported, never acted on. */
const harmless: readonly string[] = ["destination-faster", "destination-better"];

/** Judges what was read; a failed read finds nothing, and says nothing about what it didn't see. */
export function judgeFirings({ plan, status, alerts, now }: FiringsInput): Firings {
  const until = instantMs(status.harm?.firingUntil);
  const activatedAt = instantMs(status.revision?.at);
  const read = alerts?.read;
  if (read?.ok !== true || activatedAt === undefined || !isSampling(status)) return { findings: [], due: [], until };
  const sustainedMs = durationSeconds(plan.rollback.sustainedFor) * 1000;
  const judged = read.value.firings
    // Of a clock that is ahead of ours nothing counts that is still to come.
    .map((firing) => ({ ...firing, lastAt: Math.min(firing.lastAt, now) }))
    // What ended before the newest sample that was judged has had its turn.
    .filter(({ activeAt, lastAt }) => lastAt >= activatedAt && (activeAt !== null || lastAt > (until ?? 0)))
    .map((firing) => {
      const heldMs = firing.lastAt - heldFrom(firing, activatedAt, plan);
      return { firing, heldMs, finding: toFinding(firing, { plan, status, heldMs }), isDue: heldMs >= sustainedMs };
    });
  const newest = judged.map(({ firing }) => firing.lastAt);
  return {
    findings: judged.filter(({ firing, isDue }) => isDue || firing.activeAt !== null).map(({ finding }) => finding),
    due: judged.filter(({ isDue }) => isDue).map(({ finding }) => finding),
    until: newest.length === 0 ? until : Math.max(until ?? 0, ...newest),
  };
}

/** Before anything is sampled the alert speaks of what was there without us. */
function isSampling({ revision }: MigrationStatus): boolean {
  return revision !== undefined && (revision.shadow !== "none" || revision.primary === "destination");
}

/**
 * From when on the condition is this epoch's doing. One that held before the epoch began says something of it
 * only once its window holds nothing older.
 */
function heldFrom(firing: Firing, activatedAt: number, plan: MigrationSpec): number {
  const activeAt = firing.activeAt ?? firing.firstAt - firing.forSeconds * 1000;
  return activeAt >= activatedAt ? activeAt : activatedAt + durationSeconds(plan.rollback.window) * 1000;
}

type Judging = { readonly plan: MigrationSpec; readonly status: MigrationStatus; readonly heldMs: number };

function toFinding(firing: Firing, { plan, status, heldMs }: Judging): Finding {
  const { source } = plan.metrics;
  const { causes, value, forSeconds, lastAt, activeAt } = firing;
  const why = causes.length === 0 ? "no cause stated" : `cause ${causes.join(", ")}`;
  const held = `held ${Math.max(0, Math.round(heldMs / 1000))} s of ${plan.rollback.sustainedFor}, its for of ${forSeconds} s included`;
  const verb =
    activeAt === null
      ? `fired in Prometheus ${source} until ${new Date(lastAt).toISOString()}`
      : `fires in Prometheus ${source}`;
  const measured = value === null ? "" : `, value ${value}`;
  return {
    rule: "alert",
    action: actionFor(causes, plan, isPastCutover(status)),
    message: `${plan.rollback.alert} ${verb} (${why}${measured}; ${held})`,
  };
}

/** The strongest action of its causes. An alert that states none, or one nobody knows, is obeyed. */
function actionFor(causes: readonly string[], plan: MigrationSpec, pastCutover: boolean): HarmAction {
  const obeyed: HarmAction = pastCutover ? "Rollback" : "StepDown";
  const actions = causes.map((cause) => actionOfCause(cause, plan, pastCutover) ?? obeyed);
  return strongestAction(actions.map((action) => ({ rule: "alert", action, message: "" }))) ?? obeyed;
}

function actionOfCause(cause: string, { thresholds }: MigrationSpec, pastCutover: boolean): HarmAction | undefined {
  if (harmless.includes(cause)) return "Observe";
  // After the cutover the shadow is the old store: its errors send no traffic back to it.
  if (cause === "shadow-error") return pastCutover ? "Observe" : thresholds.shadowErrors.beforeCutover;
  const lines: Readonly<Record<string, Parameters<typeof actionOf>[0]>> = {
    "score-delta": thresholds.scoreDelta,
    "latency-delta": thresholds.latencyDelta,
    mismatch: thresholds.mismatch,
  };
  const line = Object.hasOwn(lines, cause) ? lines[cause] : undefined;
  return line === undefined ? undefined : actionOf(line, pastCutover);
}

/** The action of a threshold line on this side of the cutover. */
function actionOf(
  line: { readonly beforeCutover: HarmAction; readonly afterCutover: HarmAction },
  pastCutover: boolean,
): HarmAction {
  return pastCutover ? line.afterCutover : line.beforeCutover;
}
