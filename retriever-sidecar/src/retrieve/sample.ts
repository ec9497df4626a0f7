// One dual-read sample from its start to the evidence it leaves.

import type { Fault } from "@retriever/stores/errors.ts";
import type { BackendAnswer, BackendRequest } from "@retriever/stores/ports/backend.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { type Comparison, compareAnswers } from "#core/compare.ts";
import { countComparison, countFailedRequest } from "#core/count-sample.ts";
import type { Increment } from "#core/counter-row.ts";
import { type VarianceCause, varianceCauses } from "#core/variance.ts";
import { instantOf } from "./instant.ts";
import { type RecallSink, startRecall } from "./recall.ts";
import type { Runtime } from "./runtime.ts";
import type { ShadowQueue, ShadowResult } from "./shadow.ts";

export type SampleEvent = {
  readonly kind: ShadowResult["kind"];
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
export type SampleSink = RecallSink & {
  readonly onSample: (event: SampleEvent) => void;
  /** A failed request was checked: the shadow was asked what the primary had failed to answer. */
  readonly onFailedSample: (increment: Increment) => void;
};

type Sampled = { readonly request: BackendRequest; readonly answer: BackendAnswer };
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
  queue: ShadowQueue,
  { request, answer }: Sampled,
  { clock, sink, onShadow }: Context,
): void {
  const onResult = (result: ShadowResult): void => {
    const event = makeEvent(runtime, { request, answer }, result);
    runtime.evidence.add(event.increment, instantOf(clock), request.namespace);
    sink.onSample(event);
    const shadow = result.kind === "answered" && event.comparison !== null ? result.answer : null;
    if (shadow !== null) startRecall(runtime, { request, primary: answer, shadow }, { clock, sink });
    onShadow?.(shadow);
  };
  queue.sample(request, onResult, request.content === undefined ? 0 : contentChars(answer));
}

/** Of texts and metadata, about. */
function contentChars({ candidates }: BackendAnswer): number {
  const charsOf = ({ text, metadata }: (typeof candidates)[number]): number =>
    (text ?? "").length + (metadata === undefined ? 0 : JSON.stringify(metadata).length);
  return candidates.reduce((sum, candidate) => sum + charsOf(candidate), 0);
}

/** Asks the shadow for what the primary failed to answer. Returns at once, never throws. */
export function startFailedSample(
  runtime: Runtime,
  queue: ShadowQueue,
  request: BackendRequest,
  { clock, sink }: Omit<Context, "onShadow">,
): void {
  queue.sample(request, ({ kind }) => {
    // Not asked, because of our own limit.
    if (kind === "dropped") return;
    const increment = countFailedRequest(kind === "answered");
    runtime.evidence.add(increment, instantOf(clock), request.namespace);
    sink.onFailedSample(increment);
  });
}

function makeEvent(runtime: Runtime, sampled: Sampled, result: ShadowResult): SampleEvent {
  const { namespace } = sampled.request;
  const primaryKind = runtime.primary.identity.kind;
  const shadowKind = runtime.shadow?.handle.identity.kind ?? "none";
  return { namespace, primaryKind, shadowKind, ...compareResult(runtime, sampled, result) };
}

function compareResult(runtime: Runtime, sampled: Sampled, result: ShadowResult): Compared {
  switch (result.kind) {
    case "answered":
      return compare(runtime, sampled, result.answer);
    case "dropped":
      return dropped;
    case "timeout":
      return timedOut;
    case "error":
      return { ...failure, fault: result.fault };
  }
}

type Compared = Omit<SampleEvent, "namespace" | "primaryKind" | "shadowKind">;

const nothing = { comparison: null, shadowMs: null, fault: null } as const;
const dropped: Compared = { ...nothing, kind: "dropped", causes: [], increment: { shadowDropped: 1 } };
const timedOut: Compared = { ...nothing, kind: "timeout", causes: ["shadow-error"], increment: { shadowTimeouts: 1 } };
const failure: Compared = { ...nothing, kind: "error", causes: ["shadow-error"], increment: { shadowErrors: 1 } };
const junk: Fault = { code: "RETR_BACKEND_ANSWER_INVALID", message: "the shadow's answer can't be compared" };

function compare(
  { config, destination }: Runtime,
  { request, answer: primary }: Sampled,
  shadow: BackendAnswer,
): Compared {
  try {
    const comparison = compareAnswers(primary, shadow, {
      primaryStore: config.primary,
      destinationNewest: destination?.newestUpdatedAt ?? null,
      k: request.k,
      content: request.content,
    });
    // NaN or infinity would spoil every sum that it is added to.
    if (!Number.isFinite(comparison.scoreDelta + comparison.latencyDeltaMs)) return { ...failure, fault: junk };
    return {
      kind: "answered",
      comparison,
      shadowMs: shadow.vectorMs,
      fault: null,
      causes: varianceCauses(comparison, config.thresholds),
      increment: countComparison(comparison, config.thresholds, shadow.vectorMs),
    };
  } catch {
    return { ...failure, fault: junk };
  }
}
