// The migrations as the API server tells of them, by one watch that all pages share, and whether it still tells.
import type { OperatorError } from "@retriever/operator/errors.ts";
import { asOperatorError } from "@retriever/operator/errors.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import { type MigrationView, viewMigration } from "#output/migration-view.ts";

type RawMigration = { readonly metadata?: { readonly namespace?: string; readonly name?: string } };

export type WatchHandlers = {
  /** A whole list: what isn't in it is gone. */
  readonly onList: (objects: readonly unknown[]) => void;
  readonly onEvent: (type: "ADDED" | "MODIFIED" | "DELETED", object: unknown) => void;
  readonly onFault: (fault: OperatorError) => void;
};

/** The API server, as far as the pages need it. */
export type MigrationSource = {
  /** Begins to watch; resolves the returned stop when nothing is under way any more. */
  readonly watch: (handlers: WatchHandlers) => () => Promise<void>;
  /** One small read of the same collection: who is there, who may read. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
};

/** One migration; a status of another version has a fault instead of a view. */
export type LiveMigration = {
  readonly namespace: string;
  readonly name: string;
  readonly view: MigrationView | undefined;
  readonly fault: string | undefined;
  /** Higher with each change. */
  readonly version: number;
};

export type Connection = {
  readonly kind: "connecting" | "live" | "lost";
  /** Epoch ms of the last answer. */
  readonly heardAt: number | undefined;
  readonly fault: OperatorError | undefined;
};

/** How often it is asked whether the server still answers: a watch stays open without a server and without rights. */
const probeEveryMs = 5000;

/** Holds them from `start` to `stop`. */
export class LiveMigrations {
  readonly #source: MigrationSource;
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<(key: string | undefined) => void>();
  readonly #migrations = new Map<string, LiveMigration>();
  #stopWatch: () => Promise<void> = () => Promise.resolve();
  #probing: Promise<void> = Promise.resolve();
  #isListed = false;
  #version = 0;
  #heardAt: number | undefined;
  #watchFault: OperatorError | undefined;
  #probeFault: OperatorError | undefined;

  constructor(source: MigrationSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  get connection(): Connection {
    const fault = this.#probeFault ?? this.#watchFault;
    const kind = fault !== undefined ? "lost" : this.#isListed ? "live" : "connecting";
    return { kind, heardAt: this.#heardAt, fault };
  }

  /** By namespace and name. */
  all(): readonly LiveMigration[] {
    return [...this.#migrations].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, migration]) => migration);
  }

  get(namespace: string, name: string): LiveMigration | undefined {
    return this.#migrations.get(`${namespace}/${name}`);
  }

  /** Calls with `namespace/name` of what changed, or with nothing for the connection; returns how to end that. */
  onChange(listener: (key: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    this.#stopWatch = this.#source.watch({
      onList: (objects) => this.#takeList(objects),
      onEvent: (type, object) => this.#takeEvent(type, object),
      onFault: (fault) => {
        this.#watchFault = fault;
        this.#tell(undefined);
      },
    });
    this.#probing = this.#probeLoop();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#stopWatch(), this.#probing]);
  }

  async #probeLoop(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#source.probe(signal);
        this.#heardAt = this.#clock.now();
        this.#probeFault = undefined;
      } catch (fault) {
        if (signal.aborted) return;
        this.#probeFault = asOperatorError(fault);
      }
      this.#tell(undefined);
      await sleep(this.#clock, probeEveryMs, signal);
    }
  }

  #takeList(objects: readonly unknown[]): void {
    const keys = new Set(objects.map(keyOf));
    for (const key of this.#migrations.keys()) if (!keys.has(key)) this.#migrations.delete(key);
    for (const object of objects) this.#migrations.set(keyOf(object), this.#read(object));
    this.#isListed = true;
    this.#heard();
    this.#tell(undefined);
  }

  #takeEvent(type: "ADDED" | "MODIFIED" | "DELETED", object: unknown): void {
    const key = keyOf(object);
    if (type === "DELETED") this.#migrations.delete(key);
    else this.#migrations.set(key, this.#read(object));
    this.#heard();
    this.#tell(key);
  }

  #heard(): void {
    this.#heardAt = this.#clock.now();
    this.#watchFault = undefined;
  }

  #read(object: unknown): LiveMigration {
    const { namespace = "", name = "" } = (object as RawMigration).metadata ?? {};
    this.#version += 1;
    const common = { namespace, name, version: this.#version };
    try {
      // The object as it was sent is the larger half, and nobody needs it here.
      return { ...common, view: { ...viewMigration(object), raw: undefined }, fault: undefined };
    } catch (fault) {
      return { ...common, view: undefined, fault: asOperatorError(fault).message };
    }
  }

  #tell(key: string | undefined): void {
    for (const listener of this.#listeners) listener(key);
  }
}

function keyOf(object: unknown): string {
  const { namespace = "", name = "" } = (object as RawMigration).metadata ?? {};
  return `${namespace}/${name}`;
}
