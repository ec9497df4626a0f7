// Replaces a store that can't be connected to (credential missing, host not allowed): every call fails with the reason.
import { type Fault, RetrieverError } from "@retriever/stores/errors.ts";
import { type Backend, unknownFacts } from "@retriever/stores/ports/backend.ts";

/** A backend that connects to nothing and fails with `fault`. */
export function makeUnavailableBackend(fault: Fault): Backend {
  return {
    retrieve: () => Promise.reject(new RetrieverError(fault)),
    probe: () => Promise.resolve({ ...unknownFacts, fault }),
    close: () => Promise.resolve(),
  };
}
