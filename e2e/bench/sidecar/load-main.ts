// The load generator, a process of its own: a fixed number of requests over a fixed number of keep-alive connections,
// closed loop. Plain sockets and prepared bytes, so that the generator isn't what is measured.
import { connect, type Socket } from "node:net";
import { quantile } from "../report/statistics.ts";
import { type BodyKind, makeBodies } from "./bodies.ts";
import type { Shot, ShotResult } from "./load.ts";
import { ResponseReader } from "./response-reader.ts";

const bodiesByKind = new Map<BodyKind, Buffer[]>();

function requestsFor({ url, body }: Shot): Buffer[] {
  const bodies = bodiesByKind.get(body) ?? makeBodies(body);
  bodiesByKind.set(body, bodies);
  const { host, pathname } = new URL(url);
  return bodies.map((bytes) => {
    const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), bytes]);
  });
}

class Run {
  readonly #requests: readonly Buffer[];
  readonly #shot: Shot;
  readonly #latencies: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #ended = Promise.withResolvers<void>();
  #sent = 0;
  #failed = 0;
  #open = 0;

  constructor(shot: Shot) {
    this.#shot = shot;
    this.#requests = requestsFor(shot);
  }

  async result(): Promise<ShotResult> {
    const startedAt = performance.now();
    const timer = setTimeout(() => this.#ended.resolve(), this.#shot.deadlineMs);
    for (let index = 0; index < this.#shot.connections; index += 1) this.#connect();
    await this.#ended.promise;
    clearTimeout(timer);
    const seconds = (performance.now() - startedAt) / 1000;
    for (const socket of this.#sockets) socket.destroy();
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return {
      completed: sorted.length,
      failed: this.#failed,
      seconds,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
    };
  }

  #connect(): void {
    const { hostname, port } = new URL(this.#shot.url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#sockets.add(socket);
    this.#open += 1;
    const reader = new ResponseReader();
    let sentAt = 0;
    const next = (): void => {
      if (this.#sent >= this.#shot.requests) {
        socket.end();
        return;
      }
      sentAt = performance.now();
      socket.write(this.#requests[this.#sent % this.#requests.length] ?? "");
      this.#sent += 1;
    };
    socket.on("data", (chunk) => {
      for (const status of reader.push(chunk)) {
        if (status === 200) this.#latencies.push(performance.now() - sentAt);
        else this.#failed += 1;
        next();
      }
    });
    socket.on("error", () => {
      this.#failed += 1;
    });
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#open -= 1;
      if (this.#open === 0) this.#ended.resolve();
    });
    next();
  }
}

process.on("message", (shot: Shot) => {
  void new Run(shot).result().then((result) => process.send?.(result));
});
process.once("disconnect", () => process.exit(0));
process.stdout.write('{"ready":true}\n');
