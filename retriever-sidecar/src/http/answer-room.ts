// How much of all answers waits for its clients to read it. Whoever asks for large answers and reads none would hold each
// until the connection's idle time is over, and two dozen of them the pod's memory.
import type { ServerResponse } from "node:http";

const mib = 1_048_576;
/** Of answers that nobody has taken for `longMs`, and of all. Beside each text stand what it was made of, and what the system holds. */
const mostBytes = { unread: 24 * mib, all: 48 * mib };
const longMs = 1000;
/** Less isn't counted: nearly all answers are smaller, or taken at once. */
const smallBytes = 32_768;

/** Room for the answers of a listener. Where it ends, those that have waited for longest are cut off. */
export type AnswerRoom = {
  /** This answer has been written, at this moment of a monotonic clock. */
  readonly hold: (response: ServerResponse, nowMs: number) => void;
  /** Others wait: cuts the one off that has waited for longest, if for long. */
  readonly relieve: (nowMs: number) => void;
};
type Held = { readonly bytes: number; readonly sinceMs: number };

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
        held.set(response, { bytes, sinceMs: nowMs });
        response.once("close", () => release(response));
      }
      // A Map keeps the order in which its keys came.
      for (const [oldest, { sinceMs }] of held) {
        if (total <= (nowMs - sinceMs < longMs ? most.all : most.unread)) return;
        cut(oldest);
      }
    },
    relieve: (nowMs) => {
      const [first] = held;
      if (first !== undefined && nowMs - first[1].sinceMs >= longMs) cut(first[0]);
    },
  };
}
