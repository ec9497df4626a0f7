// A deadline that holds even against a callee that ignores its signal.
import { RetrieverError } from "#errors.ts";

/** Runs `work` for at most `timeoutMs`; then aborts its signal and rejects with RETR_DEADLINE_EXCEEDED. */
export async function withDeadline<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the store didn't answer within ${timeoutMs} ms`;
      const error = new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message });
      // First: an adapter's own words for the abort come second and are dropped.
      reject(error);
      controller.abort(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
