// Whether the destination does harm now, and whether that has lasted long enough to act.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { AlertsRead } from "../model/alert-observation.ts";
import type { Finding, Harm } from "../model/context.ts";
import { instantMs, isPastCutover } from "../model/status-readings.ts";
import type { PodObservation } from "../model/workload.ts";
import { sumWindow } from "../pods/epoch-evidence.ts";
import { spansOf } from "../time/evidence-spans.ts";
import { findAlertCauses } from "./alert.ts";
import { judgeFirings } from "./firing.ts";
import { findLiveCauses, findSevereHarm } from "./live-primary.ts";
import { findShadowErrors } from "./shadow-errors.ts";

type HarmInput = {
  readonly plan: MigrationSpec;
  readonly status: MigrationStatus;
  readonly serving: readonly PodObservation[];
  readonly sourceAnswers: boolean;
  readonly now: number;
  /** What a Prometheus says, beside the sidecars' evidence. */
  readonly alerts?: AlertsRead | undefined;
};

/** The sidecars' evidence, and the alert of a Prometheus where one is asked: either may act, all causes are kept. */
export function judgeHarm(input: HarmInput): Harm {
  const own = judgeWindows(input);
  const { plan, status, alerts, now } = input;
  const { findings, due, until } = judgeFirings({ plan, status, alerts, now });
  if (findings.length === 0) return { ...own, firingUntil: until };
  return {
    findings: [...own.findings, ...findings],
    weighing: [...own.weighing, ...findings.filter(isWeighing)],
    due: [...own.due, ...due],
    since: own.since,
    known: true,
    firingUntil: until,
  };
}

/**
 * Judges the windows of the epoch in force. Time without observation never clears a finding and never acts;
 * a finding on both sides of one has lasted. Before the first revision the evidence is the application's own affair.
 */
function judgeWindows(input: HarmInput): Harm {
  const { plan, status, serving, now } = input;
  const previousSince = instantMs(status.harm?.alertSince);
  const alert = sumWindow(serving, status.epoch, spansOf(plan).alert);
  if (status.revision === undefined || alert.counters === null) {
    return { findings: [], weighing: [], due: [], since: previousSince, known: false };
  }
  const pastCutover = isPastCutover(status);
  const found = [
    ...findAlertCauses(plan, alert.counters, status.baseline, pastCutover),
    ...(pastCutover ? findLiveCauses(plan, alert.counters, status.baseline) : []),
  ];
  const lasting = found.filter(isWeighing);
  const since = lasting.length === 0 ? undefined : Math.min(previousSince ?? now, now);
  const sustained = since !== undefined && now - since >= durationSeconds(plan.rollback.sustainedFor) * 1000;
  const immediate = pastCutover ? findSevere(input) : shadowErrors(input);
  return {
    findings: [...immediate, ...found],
    weighing: [...immediate.filter(isWeighing), ...lasting],
    due: [...immediate, ...(sustained ? lasting : [])],
    since,
    known: true,
  };
}

function isWeighing(finding: Finding): boolean {
  return finding.action !== "Observe";
}

function findSevere({ plan, status, serving, sourceAnswers }: HarmInput): Finding[] {
  const { counters } = sumWindow(serving, status.epoch, spansOf(plan).fast);
  const finding = counters === null ? undefined : findSevereHarm(plan, counters, sourceAnswers);
  return finding === undefined ? [] : [finding];
}

function shadowErrors({ plan, status, serving }: HarmInput): Finding[] {
  const spans = spansOf(plan);
  const now = sumWindow(serving, status.epoch, spans.errorsNow).counters;
  const before = sumWindow(serving, status.epoch, spans.errorsBefore).counters;
  if (now === null || before === null) return [];
  const finding = findShadowErrors(plan, now, before, spans.errorsNow);
  return finding === undefined ? [] : [finding];
}
