// Answers with chunks' content wait for their turn where many would be under way at once. Each takes several times its bytes
// on its way from the store's answer to the client, and two dozen of the largest took the process's memory.
import { RetrieverError } from "@retriever/stores/errors.ts";

const mib = 1_048_576;
/** Of all answers with content that are under way, as they are expected to be: one of the largest, and smaller ones. */
const mostBytes = 12 * mib;
/** Of one: its content as JSON, in which any character may take twice its bytes. */
const largestBytes = 8 * mib;
/** Of the answers before it that a request's size is expected by, the largest for each chunk counts. */
const remembered = 64;
/** Longer than a client that reads its answer makes others wait; then the request is refused. */
const mostWaitMs = 10_000;
const checkMs = 100;

export type Turn = {
  /** Resolves once it may go on; never where it has left before. Rejects with RETR_OVERLOADED. */
  readonly ready: Promise<void>;
  /** Its answer has so many bytes. */
  readonly written: (bytes: number) => void;
  /** The request has ended, however it did. */
  readonly leave: () => void;
};
export type ContentTurns = {
  /** For a request of so many chunks. Who has taken an answer before on this connection comes before who hasn't. */
  readonly enter: (chunks: number, hasTaken: boolean) => Turn;
};

type Options = {
  readonly nowMs: () => number;
  /** Cuts off who takes no answer, so that others get a turn. */
  readonly relieve: () => void;
};
type Waiting = {
  readonly hasTaken: boolean;
  readonly bytes: number;
  readonly sinceMs: number;
  readonly admit: () => void;
  readonly refuse: () => void;
};

/** Turns in the order in which requests come, those of proven clients first. */
export function makeContentTurns({ nowMs, relieve }: Options): ContentTurns {
  const waiting = new Set<Waiting>();
  const bytesOfChunk: number[] = [];
  let taken = 0;
  let timer: NodeJS.Timeout | undefined;
  const admitSome = (): void => {
    for (const first of [...waiting].toSorted((a, b) => Number(b.hasTaken) - Number(a.hasTaken))) {
      if (taken > 0 && taken + first.bytes > mostBytes) return;
      waiting.delete(first);
      taken += first.bytes;
      first.admit();
    }
    clearInterval(timer);
    timer = undefined;
  };
  const check = (): void => {
    relieve();
    for (const one of waiting) {
      if (nowMs() - one.sinceMs < mostWaitMs) break;
      waiting.delete(one);
      one.refuse();
    }
    admitSome();
  };
  const expected = (chunks: number): number => {
    const each = bytesOfChunk.length === 0 ? largestBytes : Math.max(...bytesOfChunk);
    return Math.min(largestBytes, each * chunks);
  };
  return {
    enter: (chunks, hasTaken) => {
      const bytes = expected(chunks);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let isIn = false;
      const admit = (): void => {
        isIn = true;
        resolve();
      };
      const refuse = (): void => reject(new RetrieverError(overloaded));
      const one: Waiting = { hasTaken, bytes, sinceMs: nowMs(), admit, refuse };
      waiting.add(one);
      admitSome();
      if (waiting.size > 0) timer ??= setInterval(check, checkMs).unref();
      return {
        ready: promise,
        written: (size) => {
          bytesOfChunk.push(size / chunks);
          if (bytesOfChunk.length > remembered) bytesOfChunk.shift();
        },
        leave: () => {
          waiting.delete(one);
          if (isIn) taken -= bytes;
          isIn = false;
          admitSome();
        },
      };
    },
  };
}

const overloaded = {
  code: "RETR_OVERLOADED",
  message: "answers with content to other requests take all the room there is",
  retryAfterSeconds: 1,
} as const;
