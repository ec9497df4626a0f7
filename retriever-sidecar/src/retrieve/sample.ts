// One dual-read sample from its start to the evidence it leaves.
import { type Comparison, compareAnswers } from "#core/compare.ts";
import { countComparison } from "#core/count-sample.ts";
import type { Increment } from "#core/evidence.ts";
import { type VarianceCause, varianceCauses } from "#core/variance.ts";
import type { Fault } from "#errors.ts";
import type { BackendAnswer, BackendRequest } from "#ports/backend.ts";
import type { Clock } from "#ports/clock.ts";
import type { Runtime } from "./runtime.ts";
import type { ShadowLane, ShadowOutcome } from "./shadow.ts";

export type SampleEvent = {
  readonly kind: ShadowOutcome["kind"];
  /** Of the request; it may name a tenant, so it goes to bounded labels only. */
  readonly namespace: string | undefined;
  readonly primaryKind: string;
  readonly shadowKind: string;
  readonly causes: readonly VarianceCause[];
  readonly increment: Increment;
  /** Of answered samples. */
  readonly comparison: Comparison | null;
  readonly shadowMs: number | null;
  readonly fault: Fault | null;
};
export type SampleSink = { readonly onSample: (event: SampleEvent) => void };

type Asked = { readonly request: BackendRequest; readonly answer: BackendAnswer };
type Context = { readonly clock: Clock; readonly sink: SampleSink };

/**
 * Starts the sample and returns at once. Never throws: a shadow that answers junk counts as an error.
 * Resolves with the shadow's answer, or with null when there is none to compare.
 */
export function startSample(
  runtime: Runtime,
  lane: ShadowLane,
  asked: Asked,
  context: Context,
): Promise<BackendAnswer | null> {
  return new Promise((resolve) => {
    lane.sample(asked.request, (outcome) => {
      const event = makeEvent(runtime, asked, outcome);
      runtime.evidence.add(event.increment, context.clock.monotonicMs());
      context.sink.onSample(event);
      resolve(outcome.kind === "answered" && event.comparison !== null ? outcome.answer : null);
    });
  });
}

function makeEvent(runtime: Runtime, { request, answer: primary }: Asked, outcome: ShadowOutcome): SampleEvent {
  const kinds = {
    namespace: request.namespace,
    primaryKind: runtime.primary.identity.kind,
    shadowKind: runtime.shadow?.handle.identity.kind ?? "none",
  };
  const nothing = { ...kinds, comparison: null, shadowMs: null, fault: null, causes: [] };
  switch (outcome.kind) {
    case "answered":
      return { ...kinds, ...judge(runtime, primary, outcome.answer) };
    case "dropped":
      return { ...nothing, kind: "dropped", increment: { shadowDropped: 1 } };
    case "timeout":
      return { ...nothing, kind: "timeout", causes: ["shadow-error"], increment: { shadowTimeouts: 1 } };
    case "error":
      return { ...nothing, ...failed(outcome.fault) };
  }
}

const noAnswer = { comparison: null, shadowMs: null } as const;
const junk: Fault = { code: "RETR_BACKEND_ANSWER_INVALID", message: "the shadow's answer can't be compared" };

type Judged = Omit<SampleEvent, "namespace" | "primaryKind" | "shadowKind">;

function judge({ plan, destination }: Runtime, primary: BackendAnswer, shadow: BackendAnswer): Judged {
  try {
    const comparison = compareAnswers(primary, shadow, {
      primaryStore: plan.primary,
      destinationNewest: destination?.newestUpdatedAt ?? null,
    });
    // A number that isn't one would poison every sum it is added to.
    if (!Number.isFinite(comparison.scoreDelta + comparison.latencyDeltaMs)) return { ...noAnswer, ...failed(junk) };
    return {
      kind: "answered",
      comparison,
      shadowMs: shadow.vectorMs,
      fault: null,
      causes: varianceCauses(comparison, plan.thresholds),
      increment: countComparison(comparison, plan.thresholds),
    };
  } catch {
    return { ...noAnswer, ...failed(junk) };
  }
}

function failed(fault: Fault) {
  return { kind: "error", causes: ["shadow-error"], increment: { shadowErrors: 1 }, fault } as const;
}
