// Answers with chunks' content wait for their turn where many large ones would be made at once. Each takes several times its
// bytes on its way from the store's answer to the client, and two dozen of the largest took the process's memory.
import { RetrieverError } from "@retriever/stores/errors.ts";
import { type ContentSizes, makeContentSizes } from "./content-sizes.ts";

const mib = 1_048_576;
/** Smaller ones neither wait nor count: as many as may be under way have room. */
const smallBytes = mib / 4;
/** Of those up to a size that are being made at once, as they are expected to be; smaller ones don't wait behind larger. */
const sizeClasses = [
  { upTo: mib, most: 4 * mib },
  { upTo: Number.POSITIVE_INFINITY, most: 16 * mib },
] as const;
/** Of all answers that wait for their clients to read them, where another one is begun. */
const mostUnread = { proven: 8 * mib, others: mib } as const;
/** Clients that give up do so before, and a queue this long isn't worth waiting in: then the request is refused. */
const mostWaitMs = 30_000;
const mostWaiting = 256;
const checkMs = 100;
/** Of so many turns in a row that go to proven clients the next one goes to whoever has waited for longest. */
const mostInRow = 3;

export type Turn = {
  /** Resolves once it may go on; never where it has left before. Rejects with RETR_OVERLOADED. */
  readonly ready: Promise<void>;
  /** Its answer has been made, of so many bytes: what its client doesn't read of it yet counts as unread from now on. */
  readonly written: (bytes: number) => void;
  /** The store has failed. */
  readonly failed: () => void;
  /** The request has ended, however it did. */
  readonly leave: () => void;
};
export type ContentTurns = {
  /** For a request of so many chunks. Who has taken an answer before on this connection comes before who hasn't. */
  readonly enter: (chunks: number, hasTaken: boolean) => Turn;
};

type Options = {
  readonly nowMs: () => number;
  /** Bytes of the answers that wait to be read. */
  readonly unread: () => number;
  /** Cuts off who takes no answer, so that others get a turn. */
  readonly relieve: () => void;
};
type Waiting = {
  readonly hasTaken: boolean;
  readonly chunks: number;
  readonly sinceMs: number;
  readonly admit: (bytes: number) => void;
  readonly refuse: () => void;
};

/** Turns in the order in which requests come, those of proven clients first, but for every fourth. */
export function makeContentTurns(options: Options): ContentTurns {
  const sizes = makeContentSizes();
  const queues = sizeClasses.map(({ upTo, most }) => ({ upTo, queue: makeQueue(options, sizes, most) }));
  return {
    enter: (chunks, hasTaken) => {
      const likely = sizes.expected(chunks);
      const { queue } = queues.find(({ upTo }) => likely <= upTo) as (typeof queues)[number];
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let state: "waits" | "in" | "out" = "waits";
      let bytes = 0;
      const one: Waiting = {
        hasTaken,
        chunks,
        sinceMs: options.nowMs(),
        admit: (expected) => {
          [state, bytes] = ["in", expected];
          resolve();
        },
        refuse: () => reject(new RetrieverError(overloaded)),
      };
      const leave = (): void => {
        if (state !== "out") queue.leave(one, state === "in" ? bytes : 0);
        state = "out";
      };
      queue.enter(one);
      return {
        ready: promise,
        written: (size) => {
          sizes.learn(chunks, size);
          leave();
        },
        failed: () => {
          if (state === "in") sizes.learnFailure(chunks);
          leave();
        },
        leave,
      };
    },
  };
}

type Queue = {
  readonly enter: (one: Waiting) => void;
  readonly leave: (one: Waiting, bytes: number) => void;
};

function makeQueue({ nowMs, unread, relieve }: Options, sizes: ContentSizes, most: number): Queue {
  const waiting = new Set<Waiting>();
  let [making, inRow] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  // Asked anew each time: meanwhile answers have shown how large they are.
  const sizeOf = ({ chunks }: Waiting): number => {
    const bytes = sizes.expected(chunks);
    return bytes <= smallBytes ? 0 : bytes;
  };
  // One of the largest at a time for those who may take none: then there is still room for who does.
  const hasRoom = ({ hasTaken }: Waiting, bytes: number): boolean =>
    unread() <= (hasTaken ? mostUnread.proven : mostUnread.others) &&
    (making === 0 || making + bytes <= (hasTaken ? most : most / 2));
  const admit = (one: Waiting, bytes: number): void => {
    waiting.delete(one);
    making += bytes;
    one.admit(bytes);
  };
  const admitSome = (): void => {
    for (const one of waiting) if (sizeOf(one) === 0) admit(one, 0);
    for (;;) {
      const next = nextOf(waiting, inRow);
      if (next === undefined) break;
      const bytes = sizeOf(next);
      if (!hasRoom(next, bytes)) return;
      inRow = next.hasTaken ? inRow + 1 : 0;
      admit(next, bytes);
    }
    clearInterval(timer);
    timer = undefined;
  };
  const check = (): void => {
    if (unread() > mostUnread.others) relieve();
    for (const one of waiting) {
      if (nowMs() - one.sinceMs < mostWaitMs) break;
      waiting.delete(one);
      one.refuse();
    }
    admitSome();
  };
  return {
    enter: (one) => {
      const bytes = sizeOf(one);
      if (bytes === 0 || (waiting.size === 0 && hasRoom(one, bytes))) return admit(one, bytes);
      if (waiting.size >= mostWaiting) return one.refuse();
      waiting.add(one);
      timer ??= setInterval(check, checkMs).unref();
    },
    leave: (one, bytes) => {
      waiting.delete(one);
      making -= bytes;
      if (timer !== undefined) admitSome();
    },
  };
}

function nextOf(waiting: ReadonlySet<Waiting>, inRow: number): Waiting | undefined {
  const [first] = waiting;
  if (inRow >= mostInRow) return first;
  for (const one of waiting) if (one.hasTaken) return one;
  return first;
}

const overloaded = {
  code: "RETR_OVERLOADED",
  message: "answers with content to other requests take all the room there is",
  retryAfterSeconds: 1,
} as const;
