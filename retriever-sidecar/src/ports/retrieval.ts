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

/** What a request may ask of whoever brings it. */
export type Bringing = {
  readonly onFailed: OnFailed;
  /** Resolves once an answer with the content of so many chunks may be made. Rejects with RETR_OVERLOADED. */
  readonly enter: (chunks: number) => Promise<void>;
};

/** Rejects with a RetrieverError. */
export type Retrieve = (body: Uint8Array, trace: TraceContext | null, bringing: Bringing) => Promise<Retrieved>;
