// A deadline that holds even against a callee that ignores its signal.
import { RetrieverError } from "@retriever/stores/errors.ts";

/** Runs `work` for at most `timeoutMs`; then aborts its signal and rejects with RETR_DEADLINE_EXCEEDED. */
export function withDeadline<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const message = `the store didn't answer within ${timeoutMs} ms`;
      const error = new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message });
      // Before the abort, so that this error wins over the one that the backend rejects with.
      reject(error);
      controller.abort(error);
    }, timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(error);
    };
    const succeed = (value: T): void => {
      clearTimeout(timer);
      resolve(value);
    };
    try {
      work(controller.signal).then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  });
}
