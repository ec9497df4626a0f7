// What changes on open pages, sent to their browsers: rendered once for each page, however many browsers show it.
import type { ServerResponse } from "node:http";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { changesOf, type Fragment, printShown, type Shown, shownBy } from "./fragments.ts";

/** The fragments of a page, by its path, as they are now. */
type Render = (page: string) => readonly Fragment[];

type Stream = {
  readonly page: string;
  readonly response: ServerResponse;
  shown: Shown;
  laggingSince: number | undefined;
};

/** Tabs that may listen at once. A browser opens six connections to a host: two are left for pages and acts. */
const mostStreams = 4;
/** Changes are gathered for so long. */
const gatherMs = 100;
/** Words that tell of time are rendered anew this often. */
const tickMs = 5000;
/** A browser that takes nothing for this long is let go; it comes back by itself. */
const patienceMs = 30_000;
const mostRemembered = 32;

export class Streams {
  readonly #render: Render;
  readonly #clock: Clock;
  readonly #streams = new Set<Stream>();
  /** What pages were sent whole lately, by its digest. */
  readonly #remembered = new Map<string, Shown>();
  #cancelFlush: (() => void) | undefined;
  #cancelTick: () => void;

  constructor(render: Render, clock: Clock) {
    this.#render = render;
    this.#clock = clock;
    this.#cancelTick = () => undefined;
    this.#tick();
  }

  /** The pages that somebody looks at. */
  get pages(): ReadonlySet<string> {
    return new Set([...this.#streams].map(({ page }) => page));
  }

  /** Fragments for a whole page, and the digest with which it then listens. */
  renderWhole(page: string): { readonly fragments: readonly Fragment[]; readonly digest: string } {
    const fragments = this.#render(page);
    const shown = shownBy(fragments);
    const digest = printShown(shown);
    this.#remembered.delete(digest);
    this.#remembered.set(digest, shown);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > mostRemembered && oldest !== undefined) this.#remembered.delete(oldest);
    return { fragments, digest };
  }

  /** Answers with a stream of changes; false where there are as many as there may be. */
  open(page: string, digest: string, response: ServerResponse): boolean {
    if (this.#streams.size >= mostStreams) return false;
    const stream: Stream = {
      page,
      response,
      shown: this.#remembered.get(digest) ?? new Map(),
      laggingSince: undefined,
    };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
    response.on("drain", () => this.changed());
    this.#send(stream, this.#render(page), true);
    return true;
  }

  /** Something changed: what differs is sent soon, and once. */
  changed(): void {
    this.#cancelFlush ??= this.#clock.after(gatherMs, () => {
      this.#cancelFlush = undefined;
      this.#flush(false);
    });
  }

  close(): void {
    this.#cancelTick();
    this.#cancelFlush?.();
    for (const { response } of this.#streams) response.destroy();
  }

  #tick(): void {
    this.#cancelTick = this.#clock.after(tickMs, () => {
      this.#flush(true);
      this.#tick();
    });
  }

  #flush(isTick: boolean): void {
    const rendered = new Map<string, readonly Fragment[]>();
    for (const stream of this.#streams) {
      const fragments = rendered.get(stream.page) ?? this.#render(stream.page);
      rendered.set(stream.page, fragments);
      this.#send(stream, fragments, isTick);
    }
  }

  /** A tick says that the dashboard is there, even where nothing changed. */
  #send(stream: Stream, fragments: readonly Fragment[], isTick: boolean): void {
    const { response } = stream;
    if (response.writableNeedDrain) {
      stream.laggingSince ??= this.#clock.elapsed();
      if (this.#clock.elapsed() - stream.laggingSince > patienceMs) response.destroy();
      return;
    }
    stream.laggingSince = undefined;
    const { changed, shown } = changesOf(fragments, stream.shown);
    stream.shown = shown;
    if (Object.keys(changed).length > 0 || isTick) response.write(`data: ${JSON.stringify(changed)}\n\n`);
  }
}
