// The primary path: parse the request, ask the primary store, return its answer. The shadow is sampled by a function
// that the caller runs once the answer has been written.

import { type Fault, faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { BackendAnswer, BackendRequest } from "@retriever/stores/ports/backend.ts";
import type { Clock, Random } from "@retriever/stores/ports/clock.ts";
import { boundContent } from "#core/bound-content.ts";
import { countAnswer, primaryFailure } from "#core/count-sample.ts";
import type { Increment } from "#core/counter-row.ts";
import type { OnFailed, Retrieve, Retrieved } from "#ports/retrieval.ts";
import { type ExactSink, startExact } from "./exact.ts";
import { instantOf } from "./instant.ts";
import { type ParsedRequest, parseRequest } from "./parse-request.ts";
import type { Runtime } from "./runtime.ts";
import { type SampleSink, startFailedSample, startSample } from "./sample.ts";

export type ServeSink = SampleSink &
  ExactSink & {
    readonly onAnswer: (kind: string, answer: BackendAnswer, k: number) => void;
    readonly onFailure: (kind: string, fault: Fault) => void;
  };
type ServeContext = { readonly clock: Clock; readonly random: Random; readonly sink: ServeSink };
type RequestContext = ServeContext & { readonly onFailed: OnFailed };

/** Of a request, and of readiness, while there is no configuration to serve from. */
export const notReady: Fault = { code: "RETR_NOT_READY", message: "no valid configuration is in force" };

/** Answers `POST /v1/retrieve` from what `current` gives at that moment; null: nothing yet. */
export function makeRetrieve(current: () => Runtime | null, context: ServeContext): Retrieve {
  return async (body, trace, { onFailed, enter }) => {
    const runtime = current();
    const request = parseRequest(body, trace, runtime?.config.base.filterable);
    const asked = askOf(runtime, request);
    if (asked.request.content === undefined)
      return serveRetrieve(asked.runtime, asked.request, { ...context, onFailed });
    await enter(request.k);
    // Meanwhile another configuration may be in force, and the connections of this one be closed.
    const anew = askOf(current(), request);
    return serveRetrieve(anew.runtime, anew.request, { ...context, onFailed });
  };
}

/** What is asked of a runtime. Throws RETR_NOT_READY while there is none. */
function askOf(runtime: Runtime | null, request: ParsedRequest) {
  if (runtime === null) throw new RetrieverError(notReady);
  return { runtime, request: withContent(request, runtime.config.base.select ?? []) };
}

/** The request with the names of what it includes. Throws RETR_REQUEST_INVALID for what the base doesn't permit. */
function withContent(request: ParsedRequest, select: readonly string[]): BackendRequest {
  const { include } = request;
  if (include === undefined || include.length === 0) return request;
  const metadata = include.includes("metadata") ? metadataIn(select) : [];
  for (const [index, kind] of include.entries()) {
    if (kind === "text" ? select.includes("text") : metadata.length > 0) continue;
    const path = `include[${index}]`;
    const message = `${path}: expected what the base's select permits (${select.join(", ") || "nothing"})`;
    throw new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path });
  }
  return { ...request, content: { text: include.includes("text"), metadata } };
}

/** The names of metadata among what the base permits. */
export function metadataIn(select: readonly string[]): readonly string[] {
  return select.filter((name) => name !== "text");
}

/** Rejects with a RetrieverError: RETR_REQUEST_INVALID, or the failure of the primary. */
export async function serveRetrieve(
  runtime: Runtime,
  request: BackendRequest,
  context: RequestContext,
): Promise<Retrieved> {
  const answer = await askPrimary(runtime, request, context);
  const { vectorMs } = answer;
  const candidates = request.content === undefined ? answer.candidates : boundContent(answer.candidates);
  return { response: { candidates, vectorMs }, afterwards: () => sample(runtime, request, answer, context) };
}

async function askPrimary(runtime: Runtime, request: BackendRequest, context: RequestContext): Promise<BackendAnswer> {
  const { kind } = runtime.primary.identity;
  try {
    checkDimension(request.embedding.dimension, runtime.primary.dimension);
    const answer = await runtime.primary.retrieve(request);
    countRequest(runtime, request, countAnswer(answer.vectorMs, answer.candidates.length), context.clock);
    context.sink.onAnswer(kind, answer, request.k);
    return answer;
  } catch (error) {
    const fault = attribute(faultOf(error), runtime, request);
    if (fault.code !== "RETR_REQUEST_INVALID" && fault.code !== "RETR_OVERLOADED") {
      countRequest(runtime, request, primaryFailure, context.clock);
      context.sink.onFailure(kind, fault);
      context.onFailed(() => sampleFailed(runtime, request, context));
    }
    throw new RetrieverError(fault, error);
  }
}

function countRequest(runtime: Runtime, { namespace }: BackendRequest, increment: Increment, clock: Clock): void {
  const now = instantOf(clock);
  runtime.evidence.add(increment, now, namespace);
  runtime.sampler.onRequest(now.monotonicMs);
}

/**
 * An embedding of the other store's size is no fault of the application: the primary has the wrong size.
 * Else a destination rebuilt with another dimension would refuse everything and yet look healthy.
 */
function attribute(fault: Fault, { source, destination, primary }: Runtime, { embedding }: BackendRequest): Fault {
  if (fault.code !== "RETR_REQUEST_INVALID" || fault.path !== "embedding") return fault;
  const other = primary === source ? destination : source;
  if (other?.dimension !== embedding.dimension) return fault;
  return {
    code: "RETR_BACKEND_ANSWER_INVALID",
    message: `the primary store has another size of vectors: ${fault.message}`,
  };
}

function checkDimension(got: number, expected: number | null): void {
  if (expected === null || got === expected) return;
  const message = `embedding: expected ${expected} numbers, got ${got}`;
  throw new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: "embedding" });
}

/** Before the cutover the source fails, and what the destination answers then says nothing against it: not asked. */
function sampleFailed(runtime: Runtime, request: BackendRequest, context: ServeContext): void {
  const { shadow, config, sampler } = runtime;
  if (!runtime.isCurrent() || shadow === null || config.primary !== "destination") return;
  if (sampler.wantsFailed(context.random(), context.clock.monotonicMs())) {
    startFailedSample(runtime, shadow.queue, request, context);
  }
}

function sample(runtime: Runtime, request: BackendRequest, answer: BackendAnswer, context: ServeContext): void {
  // A sample of an epoch that has ended counts nowhere, and its pool may be closing.
  if (!runtime.isCurrent()) return;
  const { shadow, exact, sampler } = runtime;
  if (shadow === null && exact === null) return;
  // Uniform in [0, 1), so that rate 0 never samples and 1 always does. One draw for both kinds of sample, so that the
  // rarer kind lies within the other and has both answers.
  const draw = context.random();
  const queue = shadow !== null && sampler.wants(draw, context.clock.monotonicMs()) ? shadow.queue : null;
  const isExact = exact !== null && draw < exact.sampleRate;
  if (!isExact) {
    if (queue !== null) startSample(runtime, queue, { request, answer }, context);
    return;
  }
  const shadowAnswer = Promise.withResolvers<BackendAnswer | null>();
  if (queue === null) shadowAnswer.resolve(null);
  else startSample(runtime, queue, { request, answer }, { ...context, onShadow: shadowAnswer.resolve });
  startExact(exact, { request, answer, shadow: shadowAnswer.promise }, context.sink);
}
