// Evidence in classes: what traffic does between two reconciles, and the counters, bins and windows a pod then shows.
import {
  addCounters,
  binSeconds,
  type Counters,
  type EvidenceBin,
  noCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import { spansOf } from "#core/time/evidence-spans.ts";
import { closedBins } from "#test/builders/bins.ts";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { spec, stepMs } from "./plan.ts";
import type { Pod, Seen } from "./world.ts";

/**
 * none: no requests. healthy: enough to pass. harmful: every second sample scores worse. errors: most requests fail,
 * before the cutover every second sample. unknown: pods answer without windows and bins. silent: pods don't answer.
 */
export type Evidence = "none" | "healthy" | "harmful" | "errors" | "unknown" | "silent";

const spans = spansOf(spec);
const windows = Object.values(spans);
/** Requests of an epoch: gates pass on them at the lowest rate. Fewer in a window. */
const totalRequests = 20_000;
const windowRequests = 2000;
/** So many that one bin of harm stands, and one without it refutes it, whichever pods count. */
const binRequests = 20_000;
const failedShare = 0.9;
const binsOfStep = stepMs / 1000 / binSeconds;

/** What a pod has counted after traffic of a class. Newer traffic outweighs older: that is all that shares remember. */
export function count(pod: Pod, evidence: Evidence, steps = 1): Pod {
  const document = pod.force?.document;
  if (document === undefined || document.shadow === "none") return pod;
  const seen = after(pod.seen, evidence);
  // After the cutover only windows and bins are judged; that there are samples is all that totals tell.
  const told = document.primary === "destination" && seen !== "nothing" ? "good" : seen;
  const step: Seen = document.sampleRate === 0 ? "nothing" : after("nothing", evidence);
  const more: readonly Seen[] = Array.from({ length: steps }, () => step);
  return { ...pod, seen: told, unread: [...pod.unread, ...more] };
}

const leaves: Partial<Record<Evidence, Seen>> = { healthy: "good", harmful: "bad", errors: "errors" };

function after(seen: Seen, evidence: Evidence): Seen {
  return leaves[evidence] ?? seen;
}

/** Totals of an epoch. */
export function totalsOfPods(pods: readonly Pod[]): Counters {
  return pods.reduce((sum, pod) => addCounters(sum, counters(pod, pod.seen, totalRequests)), noCounters());
}

/** The windows that the operator asks for; none when the evidence is unknown. */
export function windowsOf(pod: Pod, evidence: Evidence) {
  if (evidence === "unknown") return [];
  const shown = counters(pod, after("nothing", evidence), windowRequests);
  return windows.map((span) => ({ ...span, coveredSeconds: span.seconds, counters: shown }));
}

/**
 * Bins of the steps that no status holds, and of the one before them, which says the worst: whoever takes a bin twice
 * acts without a reason. Nothing is closed, as far as one can read, when the evidence is unknown.
 */
export function binsOf(pod: Pod, evidence: Evidence, atMs: number): { closedAt: number; bins: EvidenceBin[] } {
  if (evidence === "unknown") return { closedAt: 0, bins: [] };
  const shown = pod.read ? ["worst" as const, ...pod.unread] : pod.unread;
  const bins = shown.flatMap((seen, step) => {
    const endMs = atMs - (shown.length - 1 - step) * stepMs;
    return closedBins(endMs, seen === "nothing" ? 0 : binsOfStep, counters(pod, seen, binRequests)).bins;
  });
  return { closedAt: atMs / 1000, bins };
}

const made = new Map<string, Counters>();

function counters(pod: Pod, seen: Seen | "worst", requests: number): Counters {
  const primary = pod.force?.document.primary ?? "source";
  const isSampling = pod.force !== null && pod.force.document.shadow !== "none";
  const rate = isSampling ? (pod.force?.document.sampleRate ?? 0) : 0;
  const key = `${primary} ${rate} ${seen} ${requests}`;
  const known = made.get(key) ?? makeCounters(seen, requests, rate, primary === "destination");
  made.set(key, known);
  return known;
}

/** Harm of one kind leaves the other cause's samples good: each refutes the other. */
function makeCounters(seen: Seen | "worst", requests: number, rate: number, isPastCutover: boolean): Counters {
  if (seen === "nothing") return noCounters();
  const isFailing = seen === "errors" || seen === "worst";
  const errors = isPastCutover && isFailing ? requests * failedShare : 0;
  const tried = requests * rate;
  const failed = errors * rate;
  const shadowErrors = !isPastCutover && isFailing ? tried / 2 : 0;
  const answered = tried - failed - shadowErrors;
  const bad = seen === "bad" || seen === "worst" ? answered / 2 : 0;
  return someCounters({
    requests,
    errors,
    failedChecked: failed,
    failedWorse: failed,
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
