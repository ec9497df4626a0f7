// Compares the content of a few chunks before any request includes it: one search that nobody asked for, put to both stores.
import { embeddingFromJson } from "@retriever/stores/embedding/embedding.ts";
import { faultOf } from "@retriever/stores/errors.ts";
import type { BackendAnswer, BackendRequest, Content } from "@retriever/stores/ports/backend.ts";
import type { Clock, Random } from "@retriever/stores/ports/clock.ts";
import type { ContentStatus } from "#contract/status.ts";
import { compareContent } from "#core/content-agreement.ts";
import type { StoreHandle } from "./store-handle.ts";

export type ContentProbe = {
  /** Compares, if it is time to. Never rejects. */
  readonly run: () => Promise<void>;
  readonly status: () => ContentStatus;
};

type ProbeInput = {
  readonly source: StoreHandle;
  readonly destination: StoreHandle;
  readonly content: Content;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly random: Random;
};

/** Chunks that each store is asked for. */
const probedChunks = 20;
/** A destination that is being filled, or a setting that is being mended, shows soon; what was right stays right. */
const afterFaultMs = 30_000;
const afterSuccessMs = 600_000;
const maxReasonChars = 300;

const nothing = { chunks: 0, missing: 0, different: 0 } as const;

/** A probe that has asked nothing yet. */
export function makeContentProbe(input: ProbeInput): ContentProbe {
  const { source, clock } = input;
  let status: ContentStatus = { state: "waiting", ...nothing, reason: null };
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let isRunning = false;
  return {
    run: async () => {
      if (isRunning || source.dimension === null || clock.monotonicMs() < nextAtMs) return;
      isRunning = true;
      status = await compare(input, source.dimension);
      const isGood = status.state === "compared" && status.missing + status.different === 0;
      nextAtMs = clock.monotonicMs() + (isGood ? afterSuccessMs : afterFaultMs);
      isRunning = false;
    },
    status: () => status,
  };
}

async function compare(
  { source, destination, content, random }: ProbeInput,
  dimension: number,
): Promise<ContentStatus> {
  // Any direction: which chunks are nearest to it doesn't matter, as both stores are asked for the same.
  const values = Array.from({ length: dimension }, () => 1 - 2 * random());
  const embedding = embeddingFromJson(Buffer.from(JSON.stringify(values)), dimension);
  const request: BackendRequest = { embedding, k: probedChunks, content };
  const [bySource, byDestination] = await Promise.all([
    ask("source", source, request),
    ask("destination", destination, request),
  ]);
  if (typeof bySource === "string") return failed(bySource);
  if (typeof byDestination === "string") return failed(byDestination);
  try {
    const agreement = compareContent(bySource.candidates, byDestination.candidates, content);
    if (agreement !== null) return { state: "compared", ...agreement, reason: null };
    return { state: "waiting", ...nothing, reason: "both stores answered no chunk in common" };
  } catch {
    return failed("an answer can't be compared");
  }
}

/** The answer, or why there is none. */
async function ask(name: string, store: StoreHandle, request: BackendRequest): Promise<BackendAnswer | string> {
  try {
    return await store.retrieveUnnoted(request, store.timeoutMs);
  } catch (error) {
    return `${name}: ${faultOf(error).message}`;
  }
}

function failed(reason: string): ContentStatus {
  return { state: "failed", ...nothing, reason: reason.slice(0, maxReasonChars) };
}
