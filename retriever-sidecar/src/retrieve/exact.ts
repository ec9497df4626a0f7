// One exact search beside a request: what the index of a store should have found, against what was answered.

import type { Fault } from "@retriever/stores/errors.ts";
import type { BackendAnswer, BackendRequest } from "@retriever/stores/ports/backend.ts";
import { recallOf } from "#core/recall.ts";
import type { ShadowLane, ShadowOutcome } from "./shadow.ts";

export type ExactSearch = {
  /** Share of the requests, 0..1. */
  readonly sampleRate: number;
  readonly lane: ShadowLane;
};
export type ExactEvent = {
  readonly kind: ShadowOutcome["kind"];
  /** Recall at the request's k, 0..1; null: not measured. */
  readonly primaryRecall: number | null;
  readonly shadowRecall: number | null;
  readonly fault: Fault | null;
};
export type ExactSink = { readonly onExact: (event: ExactEvent) => void };

/** An exact search reads the whole store, so that few at once are many. */
export const maxExactInFlight = 2;

type Asked = {
  readonly request: BackendRequest;
  readonly answer: BackendAnswer;
  /** The shadow's answer to the same request; null: none. Never rejects. */
  readonly shadow: Promise<BackendAnswer | null>;
};

/** Starts the search and returns at once. Never throws. */
export function startExact({ lane }: ExactSearch, { request, answer, shadow }: Asked, sink: ExactSink): void {
  lane.sample(request, (outcome) => {
    if (outcome.kind !== "answered") {
      const fault = outcome.kind === "error" ? outcome.fault : null;
      sink.onExact({ kind: outcome.kind, primaryRecall: null, shadowRecall: null, fault });
      return;
    }
    void shadow.then((shadowAnswer) => sink.onExact(judge(outcome.answer, answer, shadowAnswer)));
  });
}

const junk: Fault = { code: "RETR_BACKEND_ANSWER_INVALID", message: "the exact answer can't be compared" };

function judge(exact: BackendAnswer, primary: BackendAnswer, shadow: BackendAnswer | null): ExactEvent {
  try {
    const primaryRecall = recallOf(exact.candidates, primary.candidates);
    const shadowRecall = shadow === null ? null : recallOf(exact.candidates, shadow.candidates);
    return { kind: "answered", primaryRecall, shadowRecall, fault: null };
  } catch {
    return { kind: "error", primaryRecall: null, shadowRecall: null, fault: junk };
  }
}
