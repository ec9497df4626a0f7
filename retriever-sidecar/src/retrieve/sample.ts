// One dual-read sample from its start to the evidence it leaves.

import type { Fault } from "@retriever/stores/errors.ts";
import type { BackendAnswer, BackendRequest } from "@retriever/stores/ports/backend.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { type Comparison, compareAnswers } from "#core/compare.ts";
import { countComparison } from "#core/count-sample.ts";
import type { Increment } from "#core/evidence.ts";
import { type VarianceCause, varianceCauses } from "#core/variance.ts";
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
type Context = {
  readonly clock: Clock;
  readonly sink: SampleSink;
  readonly onShadow?: ((answer: BackendAnswer | null) => void) | undefined;
};

/**
 * Starts the sample and returns at once. Never throws: a shadow that answers junk counts as an error.
 * `onShadow` gets the shadow's answer, or null when there is none to compare; once, possibly before this returns.
 */
export function startSample(
  runtime: Runtime,
  lane: ShadowLane,
  asked: Asked,
  { clock, sink, onShadow }: Context,
): void {
  lane.sample(asked.request, (outcome) => {
    const event = makeEvent(runtime, asked, outcome);
    runtime.evidence.add(event.increment, clock.monotonicMs());
    sink.onSample(event);
    onShadow?.(outcome.kind === "answered" && event.comparison !== null ? outcome.answer : null);
  });
}

function makeEvent(runtime: Runtime, { request, answer: primary }: Asked, outcome: ShadowOutcome): SampleEvent {
  const { namespace } = request;
  const primaryKind = runtime.primary.identity.kind;
  const shadowKind = runtime.shadow?.handle.identity.kind ?? "none";
  return { namespace, primaryKind, shadowKind, ...becameOf(runtime, primary, outcome) };
}

function becameOf(runtime: Runtime, primary: BackendAnswer, outcome: ShadowOutcome): Judged {
  switch (outcome.kind) {
    case "answered":
      return judge(runtime, primary, outcome.answer);
    case "dropped":
      return dropped;
    case "timeout":
      return timedOut;
    case "error":
      return { ...failure, fault: outcome.fault };
  }
}

type Judged = Omit<SampleEvent, "namespace" | "primaryKind" | "shadowKind">;

const nothing = { comparison: null, shadowMs: null, fault: null } as const;
const dropped: Judged = { ...nothing, kind: "dropped", causes: [], increment: { shadowDropped: 1 } };
const timedOut: Judged = { ...nothing, kind: "timeout", causes: ["shadow-error"], increment: { shadowTimeouts: 1 } };
const failure: Judged = { ...nothing, kind: "error", causes: ["shadow-error"], increment: { shadowErrors: 1 } };
const junk: Fault = { code: "RETR_BACKEND_ANSWER_INVALID", message: "the shadow's answer can't be compared" };

function judge({ plan, destination }: Runtime, primary: BackendAnswer, shadow: BackendAnswer): Judged {
  try {
    const comparison = compareAnswers(primary, shadow, {
      primaryStore: plan.primary,
      destinationNewest: destination?.newestUpdatedAt ?? null,
    });
    // A number that isn't one would poison every sum it is added to.
    if (!Number.isFinite(comparison.scoreDelta + comparison.latencyDeltaMs)) return { ...failure, fault: junk };
    return {
      kind: "answered",
      comparison,
      shadowMs: shadow.vectorMs,
      fault: null,
      causes: varianceCauses(comparison, plan.thresholds),
      increment: countComparison(comparison, plan.thresholds),
    };
  } catch {
    return { ...failure, fault: junk };
  }
}
