// How much the bodies of all requests hold together. Whoever sends the larger part of a body and then nothing would hold it
// until the request's time is up, and a thousand of them the pod's memory.
import type { IncomingMessage } from "node:http";

/** Of the large ones; a thousand connections hold as much again in small ones. */
const mostBytes = 16 * 1_048_576;
/** A smaller body isn't counted: nearly all are, and none of them should cost anything. */
const smallBytes = 32_768;

export type BodyRoom = {
  /** So many bytes of this request's body have come. False: there is no room for it, whoever else is cut off. */
  readonly hold: (request: IncomingMessage, bytes: number) => boolean;
  /** The request has ended, however it did. */
  readonly release: (request: IncomingMessage) => void;
};

/** Room for all bodies of a listener. Where it ends, those that have been coming for longest are cut off. */
export function makeBodyRoom(most: number = mostBytes): BodyRoom {
  const held = new Map<IncomingMessage, number>();
  let total = 0;
  const release = (request: IncomingMessage): void => {
    total -= held.get(request) ?? 0;
    held.delete(request);
  };
  const makeRoom = (newest: IncomingMessage): void => {
    // A Map keeps the order in which its keys came. What is whole is being answered.
    for (const [request] of held) {
      if (total <= most) return;
      if (request === newest || request.complete) continue;
      release(request);
      request.socket.destroy();
    }
  };
  return {
    hold: (request, bytes) => {
      if (bytes <= smallBytes) return true;
      total += bytes - (held.get(request) ?? 0);
      held.set(request, bytes);
      if (total > most) makeRoom(request);
      return total <= most;
    },
    release,
  };
}
