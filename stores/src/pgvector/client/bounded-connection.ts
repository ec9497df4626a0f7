// The driver's connection with bounds on what a server may send, and on where a name may lead. What breaks them ends the
// connection, and the query on it; without this it would end, or hold, the process.
import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { Connection, type ConnectionConfig } from "pg";
import { guardedLookup } from "#values/guarded-lookup.ts";
import { MessageWatch } from "./message-watch.ts";

/** Of a login, and of an answer where nothing else is said. */
const usualAnswerBytes = 1_048_576;

type Listening = { readonly attachListeners: (stream: EventEmitter) => void };
const { attachListeners } = Connection.prototype as unknown as Listening;

export class BoundedConnection extends Connection {
  readonly #watch = new MessageWatch(usualAnswerBytes);

  constructor(config: ConnectionConfig) {
    super({ ...config, stream: () => new GuardedSocket() });
  }

  /** From here on the server may send so many bytes. */
  expect(bytes: number): void {
    this.#watch.expect(bytes);
  }

  /** The driver calls it with the socket, or with the TLS on it, and reads what this emits. */
  attachListeners(stream: Socket): void {
    const bounded = new EventEmitter();
    stream.on("data", (chunk: Buffer) => {
      try {
        this.#watch.read(chunk);
        bounded.emit("data", chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    stream.on("end", () => bounded.emit("end"));
    attachListeners.call(this, bounded);
  }
}

/** The driver calls `connect(port, host)`, or `connect(path)` for the socket of a folder. */
class GuardedSocket extends Socket {
  override connect(...args: unknown[]): this {
    const [port, host] = args;
    if (typeof port !== "number" || typeof host !== "string") return super.connect(...(args as [string]));
    return super.connect({ port, host, lookup: guardedLookup });
  }
}
