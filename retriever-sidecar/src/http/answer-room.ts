// How much of all answers waits for its clients to read it. Whoever asks for large answers and reads none would hold each
// until the connection's idle time is over, and two dozen of them the pod's memory.
import type { ServerResponse } from "node:http";

const mib = 1_048_576;
/** Of answers that nobody has taken for `longMs`, and of all. Beside each text stand what it was made of, and what the system holds. */
const mostBytes = { unread: 24 * mib, all: 48 * mib };
const longMs = 1000;
/** What a client may stand still for while others wait for room, as in a collection of its garbage; and take in all. */
const patience = { stillMs: 2500, inAllMs: 10_000 };
/** Less isn't counted: nearly all answers are smaller, or taken at once. */
const smallBytes = 32_768;

/** Room for the answers of a listener. Where it ends, those that have waited for longest are cut off. */
export type AnswerRoom = {
  /** This answer has been written, at this moment of a monotonic clock. */
  readonly hold: (response: ServerResponse, nowMs: number) => void;
  /** Bytes of the answers that are held. */
  readonly unread: () => number;
  /** Others wait for room: cuts one off whose client has taken nothing of it for long, or hasn't come to its end for very long. */
  readonly relieve: (nowMs: number) => void;
};
type Held = {
  readonly bytes: number;
  readonly sinceMs: number;
  /** Bytes that the client hadn't taken when that was last looked at, and since when. */
  left: number;
  leftSinceMs: number;
};

export function makeAnswerRoom(most: typeof mostBytes = mostBytes): AnswerRoom {
  const held = new Map<ServerResponse, Held>();
  let total = 0;
  const release = (response: ServerResponse): void => {
    total -= held.get(response)?.bytes ?? 0;
    held.delete(response);
  };
  const cut = (response: ServerResponse): void => {
    release(response);
    response.req.socket.destroy();
  };
  return {
    hold: (response, nowMs) => {
      const bytes = response.writableLength;
      if (bytes > smallBytes) {
        total += bytes;
        held.set(response, { bytes, sinceMs: nowMs, left: leftOf(response), leftSinceMs: nowMs });
        // Before whoever looks for room once it has closed.
        response.prependOnceListener("close", () => release(response));
      }
      // A Map keeps the order in which its keys came.
      for (const [oldest, { sinceMs }] of held) {
        if (total <= (nowMs - sinceMs < longMs ? most.all : most.unread)) return;
        cut(oldest);
      }
    },
    unread: () => total,
    relieve: (nowMs) => {
      for (const [response, one] of held) {
        const left = leftOf(response);
        if (left !== one.left) [one.left, one.leftSinceMs] = [left, nowMs];
        if (nowMs - one.leftSinceMs < patience.stillMs && nowMs - one.sinceMs < patience.inAllMs) continue;
        cut(response);
        return;
      }
    },
  };
}

/** What the system hasn't taken yet. Node's own writableLength stays as it was until all of a text has gone. */
function leftOf({ req }: ServerResponse): number {
  const { _handle: handle } = req.socket as { readonly _handle?: { readonly writeQueueSize: number } | null };
  return handle?.writeQueueSize ?? 0;
}
