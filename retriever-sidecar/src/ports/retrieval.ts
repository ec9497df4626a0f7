// What the application's listener asks for: an answer to a body, and what is to happen once it has been written.

import type { TraceContext } from "@retriever/stores/ports/trace.ts";
import type { RetrieveResponse } from "#contract/retrieve.ts";

export type Served = {
  readonly response: RetrieveResponse;
  /** To be called once the answer has been written. Returns at once and never throws. */
  readonly afterwards: () => void;
};

/** Rejects with a RetrieverError. */
export type Serve = (body: Uint8Array, trace: TraceContext | null) => Promise<Served>;
