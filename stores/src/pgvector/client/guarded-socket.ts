// The driver's socket, whose names are looked up with the addresses refused that no store has.
import { Socket } from "node:net";
import { guardedLookup } from "#values/guarded-lookup.ts";

/** The driver calls `connect(port, host)`, or `connect(path)` for the socket of a folder. */
export class GuardedSocket extends Socket {
  override connect(...args: unknown[]): this {
    const [port, host] = args;
    if (typeof port !== "number" || typeof host !== "string") return super.connect(...(args as [string]));
    return super.connect({ port, host, lookup: guardedLookup });
  }
}
