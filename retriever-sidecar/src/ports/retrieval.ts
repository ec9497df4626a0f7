// The call from the application's listener to the request path.
import type { TraceContext } from "@retriever/stores/ports/backend.ts";
import type { RetrieveResponse } from "#contract/retrieve.ts";

export type Retrieved = {
  readonly response: RetrieveResponse;
  /** To be called once the response has been written. Returns at once and never throws. */
  readonly afterwards: () => void;
};

/** Takes what is to be called once a failure has been answered, as `afterwards`. Called at most once. */
export type OnFailed = (afterwards: Retrieved["afterwards"]) => void;

/** Rejects with a RetrieverError. */
export type Retrieve = (body: Uint8Array, trace: TraceContext | null, onFailed: OnFailed) => Promise<Retrieved>;
