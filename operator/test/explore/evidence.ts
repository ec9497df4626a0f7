// Evidence in classes: what traffic does between two reconciles, and the counters and windows a pod then shows.
import { binSeconds, type Counters, type EvidenceBin, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { spansOf } from "#core/time/evidence-spans.ts";
import { closedBins } from "#test/builders/bins.ts";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { spec, stepMs } from "./plan.ts";
import type { Pod, Seen } from "./world.ts";

/**
 * none: no requests. healthy: enough to pass. harmful: worse over the alert's window. errors: the severe-harm rule, before the
 * cutover shadow errors. unknown: pods answer without windows. silent: pods don't answer.
 */
export type Evidence = "none" | "healthy" | "harmful" | "errors" | "unknown" | "silent";

const spans = spansOf(spec);
const windows = [spans.fast, spans.alert, spans.detection];
/** Requests of an epoch: gates pass on them at the lowest rate. Fewer in a window. */
const totalRequests = 20_000;
const windowRequests = 2000;

/** What a pod has counted after traffic of a class. Newer traffic outweighs older: that is all that shares remember. */
export function count(pod: Pod, evidence: Evidence): Pod {
  const document = pod.force?.document;
  if (document === undefined || document.shadow === "none") return pod;
  const seen = after(pod.seen, evidence);
  // After the cutover only windows are judged; that there are samples is all that totals tell.
  const told = document.primary === "destination" && seen !== "nothing" ? "good" : seen;
  return told === pod.seen ? pod : { ...pod, seen: told };
}

const leaves: Partial<Record<Evidence, Seen>> = { healthy: "good", harmful: "bad", errors: "errors" };

function after(seen: Seen, evidence: Evidence): Seen {
  return leaves[evidence] ?? seen;
}

/** Totals of a pod's epoch. */
export function totals(pod: Pod): Counters {
  return counters(pod, pod.seen, totalRequests);
}

/** The windows that the operator asks for; none when the evidence is unknown. */
export function windowsOf(pod: Pod, evidence: Evidence) {
  if (evidence === "unknown") return [];
  const seen: Seen = evidence === "none" ? "nothing" : after("nothing", evidence);
  const shown = counters(pod, seen, windowRequests);
  return windows.map((span) => ({ ...span, coveredSeconds: span.seconds, counters: shown }));
}

/** The bins of the step that has passed; none when the evidence is unknown. */
export function binsOf(pod: Pod, evidence: Evidence, at: number): { closedAt: number; bins: EvidenceBin[] } {
  if (evidence === "unknown") return { closedAt: 0, bins: [] };
  const seen: Seen = evidence === "none" ? "nothing" : after("nothing", evidence);
  const bins = stepMs / 1000 / binSeconds;
  return closedBins(at, seen === "nothing" ? 0 : bins, counters(pod, seen, windowRequests / bins));
}

const made = new Map<string, Counters>();

function counters(pod: Pod, seen: Seen, requests: number): Counters {
  const primary = pod.force?.document.primary ?? "source";
  const isSampling = pod.force !== null && pod.force.document.shadow !== "none";
  const rate = isSampling ? (pod.force?.document.sampleRate ?? 0) : 0;
  const key = `${primary} ${rate} ${seen} ${requests}`;
  const known = made.get(key) ?? makeCounters(seen, requests, rate, primary === "destination");
  made.set(key, known);
  return known;
}

function makeCounters(seen: Seen, requests: number, rate: number, isPastCutover: boolean): Counters {
  if (seen === "nothing") return noCounters();
  const tried = requests * rate;
  const errors = isPastCutover && seen !== "good" ? requests * (seen === "errors" ? 0.5 : 0.05) : 0;
  const shadowErrors = !isPastCutover && seen === "errors" ? tried / 2 : 0;
  const answered = tried - shadowErrors;
  const bad = seen === "bad" ? answered / 2 : 0;
  const failedChecked = errors * rate;
  return someCounters({
    requests,
    errors,
    failedChecked,
    failedWorse: failedChecked,
    latencyBuckets: allAt(20, requests - errors),
    answered,
    shadowLatencyBuckets: allAt(20, answered),
    shadowErrors,
    scoreWorse: bad,
    scoreWorseSum: bad * 0.1,
    mismatch: answered * 0.02,
    overlapSum: answered * 0.98,
  });
}
