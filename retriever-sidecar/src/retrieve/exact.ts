// One exact search beside a request: what a store finds without its index, against what was answered with it.

import type { Fault } from "@retriever/stores/errors.ts";
import type { BackendAnswer, BackendRequest } from "@retriever/stores/ports/backend.ts";
import { recallOf } from "#core/recall.ts";
import type { ShadowQueue, ShadowResult } from "./shadow.ts";

export type ExactSearch = {
  /** Share of the requests, 0..1. */
  readonly sampleRate: number;
  readonly queue: ShadowQueue;
};
export type ExactEvent = {
  readonly kind: ShadowResult["kind"];
  /** Recall at the request's k, 0..1; null: not measured. */
  readonly primaryRecall: number | null;
  readonly shadowRecall: number | null;
  readonly fault: Fault | null;
};
export type ExactSink = { readonly onExact: (event: ExactEvent) => void };

/** An exact search reads the whole store, so only few may run at once. */
export const maxExactInFlight = 2;

type Sampled = {
  readonly request: BackendRequest;
  readonly answer: BackendAnswer;
  /** The shadow's answer to the same request; null: none. Never rejects. */
  readonly shadow: Promise<BackendAnswer | null>;
};

/** Starts the search and returns at once. Never throws. */
export function startExact({ queue }: ExactSearch, { request, answer, shadow }: Sampled, sink: ExactSink): void {
  queue.sample(request, (result) => {
    if (result.kind !== "answered") {
      const fault = result.kind === "error" ? result.fault : null;
      sink.onExact({ kind: result.kind, primaryRecall: null, shadowRecall: null, fault });
      return;
    }
    void shadow.then((shadowAnswer) => sink.onExact(measure(result.answer, answer, shadowAnswer)));
  });
}

const junk: Fault = { code: "RETR_BACKEND_ANSWER_INVALID", message: "the exact answer can't be compared" };

function measure(exact: BackendAnswer, primary: BackendAnswer, shadow: BackendAnswer | null): ExactEvent {
  try {
    const primaryRecall = recallOf(exact.candidates, primary.candidates);
    const shadowRecall = shadow === null ? null : recallOf(exact.candidates, shadow.candidates);
    return { kind: "answered", primaryRecall, shadowRecall, fault: null };
  } catch {
    return { kind: "error", primaryRecall: null, shadowRecall: null, fault: junk };
  }
}
