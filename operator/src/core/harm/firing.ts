// The alert as a Prometheus fires it: the second opinion on harm, obeyed only where the administrator pinned its rule.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type AlertsRead, type Firing, isOwnEvidence } from "../model/alert-observation.ts";
import type { Finding } from "../model/context.ts";
import { instantMs, isPastCutover } from "../model/status-readings.ts";
import { strongestAction } from "./finding.ts";

type Firings = {
  /** What fires now, whether or not it has lasted. */
  readonly findings: readonly Finding[];
  readonly due: readonly Finding[];
};

/** On which side of the plan's limit the sidecars' evidence surely is, for a line since an instant (epoch ms). */
export type OwnEvidence = (line: string, since: number) => "below" | "unknown" | "above";

type FiringsInput = {
  readonly plan: MigrationSpec;
  readonly status: MigrationStatus;
  readonly alerts?: AlertsRead | undefined;
  /** Epoch ms. */
  readonly now: number;
  /** Absent: nothing is known, and the alert is obeyed. */
  readonly ownEvidence?: OwnEvidence | undefined;
};

/** Causes that say the destination is the better one: reported, never acted on. */
const harmless: readonly string[] = ["destination-faster", "destination-better"];

/** Of the causes an alert may state, the lines of the operator's own evidence that measure the same. */
const lineOfCause: ReadonlyMap<string, string> = new Map([
  ["score-delta", "score"],
  ["latency-delta", "latency"],
  ["mismatch", "mismatch"],
  ["shadow-error", "shadowErrors"],
]);

/** Judges what was read; a failed read finds nothing, and says nothing about what it didn't see. */
export function judgeFirings({ plan, status, alerts, now, ownEvidence }: FiringsInput): Firings {
  const activatedAt = instantMs(status.revision?.at);
  const read = alerts?.read;
  if (read?.ok !== true || activatedAt === undefined || !isSampling(status)) return { findings: [], due: [] };
  const sustainedMs = durationSeconds(plan.rollback.sustainedFor) * 1000;
  const { isPinned, firings } = read.value;
  const judged = firings
    // Of a clock that is ahead of ours nothing counts that is still to come.
    .map((firing) => ({ ...firing, evaluatedAt: Math.min(firing.evaluatedAt, now) }))
    .filter(({ evaluatedAt }) => evaluatedAt >= activatedAt)
    .map((firing) => {
      const since = heldFrom(firing, activatedAt, plan);
      const heldMs = firing.evaluatedAt - since;
      const judging = { plan, heldMs, since, isPinned, ownEvidence, pastCutover: isPastCutover(status) };
      return { finding: toFinding(firing, judging), isDue: heldMs >= sustainedMs };
    });
  return {
    findings: judged.map(({ finding }) => finding),
    due: judged.filter(({ isDue }) => isDue).map(({ finding }) => finding),
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
function heldFrom({ activeAt }: Firing, activatedAt: number, plan: MigrationSpec): number {
  return activeAt >= activatedAt ? activeAt : activatedAt + durationSeconds(plan.rollback.window) * 1000;
}

type Judging = {
  readonly plan: MigrationSpec;
  readonly pastCutover: boolean;
  readonly isPinned: boolean;
  readonly ownEvidence: OwnEvidence | undefined;
  /** Epoch ms. */
  readonly since: number;
  readonly heldMs: number;
};

function toFinding(firing: Firing, judging: Judging): Finding {
  const { plan, heldMs } = judging;
  const { causes, value, forSeconds } = firing;
  const why = causes.length === 0 ? "no cause stated" : `cause ${causes.join(", ")}`;
  const held = `held ${Math.max(0, Math.round(heldMs / 1000))} s of ${plan.rollback.sustainedFor}, its for of ${forSeconds} s included`;
  const { action, because } = weigh(firing, judging);
  return {
    rule: "alert",
    action,
    message: `${plan.rollback.alert} fires in Prometheus ${plan.metrics.source} (${why}, value ${value}; ${held})${because}`,
  };
}

/** What a firing asks for, and why that is less than its causes ask for. */
function weigh({ causes, labels }: Firing, judging: Judging): { action: HarmAction; because: string } {
  // It would act a second time on the same samples, by another clock than the operator's.
  if (isOwnEvidence(labels)) return { action: "Observe", because: ": the operator's own evidence, told back to it" };
  const refuted = causes.filter((cause) => isRefuted(cause, judging));
  const action = actionFor(causes, refuted, judging);
  const below =
    refuted.length === 0 ? "" : `: not obeyed for ${refuted.join(", ")}, which is surely below the plan's limit`;
  if (judging.isPinned || (action !== "Rollback" && action !== "StepDown")) return { action, because: below };
  return { action: "Hold", because: `${below}: it only holds, since the administrator pinned no rule of this name` };
}

function isRefuted(cause: string, { ownEvidence, since }: Judging): boolean {
  const line = lineOfCause.get(cause);
  return line !== undefined && ownEvidence?.(line, since) === "below";
}

/** The strongest action of its causes. An alert that states none, or one nobody knows, is obeyed. */
function actionFor(causes: readonly string[], refuted: readonly string[], judging: Judging): HarmAction {
  const obeyed: HarmAction = judging.pastCutover ? "Rollback" : "StepDown";
  const actions = causes.map((cause) =>
    refuted.includes(cause) ? "Observe" : (actionOfCause(cause, judging) ?? obeyed),
  );
  return strongestAction(actions.map((action) => ({ rule: "alert", action, message: "" }))) ?? obeyed;
}

function actionOfCause(cause: string, { plan, pastCutover }: Judging): HarmAction | undefined {
  const { thresholds } = plan;
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
