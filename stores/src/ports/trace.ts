// The caller's place in a distributed trace, as W3C Trace Context writes it.

/** Header values to be passed on as they came; validated. */
export type TraceContext = { readonly traceparent: string; readonly tracestate: string | null };
