// The migrations as the API server tells of them, by one watch that all pages share, and whether it still tells.
import { asOperatorError, OperatorError } from "@retriever/operator/errors.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import { type MigrationView, viewMigration } from "#output/migration-view.ts";

type RawMigration = {
  readonly metadata?: { readonly namespace?: string; readonly name?: string; readonly resourceVersion?: string };
};

export type WatchHandlers = {
  /** Called when a list begins; its result goes with the list. */
  readonly mark: () => number;
  /** A whole list: what isn't in it is gone, unless an event since its beginning (absent: its end) told otherwise. */
  readonly onList: (objects: readonly unknown[], since?: number) => void;
  readonly onEvent: (type: "ADDED" | "MODIFIED" | "DELETED", object: unknown) => void;
  readonly onFault: (fault: OperatorError) => void;
};

/** The API server, as far as the pages need it. */
export type MigrationSource = {
  /** Begins to watch; resolves the returned stop when nothing is under way any more. */
  readonly watch: (handlers: WatchHandlers) => () => Promise<void>;
  /** One small read of the same collection: who is there, who may read. Metadata of the first of it, where it is asked for. */
  readonly probe: (signal: AbortSignal) => Promise<readonly unknown[] | undefined>;
};

/** One migration; a status of another version has a fault instead of a view. */
export type LiveMigration = {
  readonly namespace: string;
  readonly name: string;
  readonly view: MigrationView | undefined;
  readonly fault: string | undefined;
  /** Higher with each change. */
  readonly version: number;
  readonly resourceVersion: string | undefined;
};

/** Deleted ones that are remembered, against lists that began before. */
const mostDeleted = 1000;

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
  readonly #deleted = new Map<string, Pick<LiveMigration, "version" | "resourceVersion">>();
  /** What the last probe saw, by key. */
  #probed: ReadonlyMap<string, string | undefined> = new Map();
  #stopWatch: () => Promise<void> = () => Promise.resolve();
  #probing: Promise<void> = Promise.resolve();
  #isListed = false;
  #version = 0;
  #heardAt: number | undefined;
  #watchFault: OperatorError | undefined;
  #probeFault: OperatorError | undefined;
  #lagFault: OperatorError | undefined;

  constructor(source: MigrationSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  get connection(): Connection {
    const fault = this.#probeFault ?? this.#watchFault ?? this.#lagFault;
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
      mark: () => this.#version,
      onList: (objects, since) => this.#takeList(objects, since ?? this.#version),
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
        this.#compare((await this.#source.probe(signal)) ?? []);
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

  /** A watch that is open and silent is found by what it ought to have told since the probe before. */
  #compare(objects: readonly unknown[]): void {
    const probed = new Map(objects.map((object) => [keyOf(object), resourceVersionOf(object)]));
    const late = [...probed.keys()].filter((key) => {
      const held = this.#migrations.get(key);
      if (held === undefined) return this.#probed.has(key) && !this.#deleted.has(key);
      return isOlder(held.resourceVersion, this.#probed.get(key));
    });
    const about = `the watch hasn't told of ${late[0]} as it has been for ${probeEveryMs / 1000} s`;
    this.#lagFault = late.length === 0 || !this.#isListed ? undefined : new OperatorError("ROP_API_UNAVAILABLE", about);
    this.#probed = probed;
  }

  #takeList(objects: readonly unknown[], since: number): void {
    const keys = new Set(objects.map(keyOf));
    for (const [key, { version }] of this.#migrations)
      if (!keys.has(key) && version <= since) this.#migrations.delete(key);
    for (const object of objects) {
      const key = keyOf(object);
      const told = this.#migrations.get(key) ?? this.#deleted.get(key);
      // Told while the list was under way, an event is as new or newer.
      const isNewer =
        told === undefined || told.version <= since || isOlder(told.resourceVersion, resourceVersionOf(object));
      if (isNewer) this.#hold(key, object);
    }
    this.#isListed = true;
    this.#heard();
    this.#tell(undefined);
  }

  #takeEvent(type: "ADDED" | "MODIFIED" | "DELETED", object: unknown): void {
    const key = keyOf(object);
    this.#heard();
    // A watch may lag behind a list.
    if (isOlder(resourceVersionOf(object), this.#migrations.get(key)?.resourceVersion)) return this.#tell(undefined);
    if (type === "DELETED") this.#forget(key, object);
    else this.#hold(key, object);
    this.#tell(key);
  }

  #hold(key: string, object: unknown): void {
    this.#deleted.delete(key);
    this.#migrations.set(key, this.#read(object));
  }

  #forget(key: string, object: unknown): void {
    this.#version += 1;
    this.#migrations.delete(key);
    this.#deleted.set(key, { version: this.#version, resourceVersion: resourceVersionOf(object) });
    const [oldest] = this.#deleted.keys();
    if (this.#deleted.size > mostDeleted && oldest !== undefined) this.#deleted.delete(oldest);
  }

  #heard(): void {
    this.#heardAt = this.#clock.now();
    this.#watchFault = undefined;
  }

  #read(object: unknown): LiveMigration {
    const { namespace = "", name = "" } = (object as RawMigration).metadata ?? {};
    this.#version += 1;
    const common = { namespace, name, version: this.#version, resourceVersion: resourceVersionOf(object) };
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

function resourceVersionOf(object: unknown): string | undefined {
  return (object as RawMigration).metadata?.resourceVersion;
}

/** Versions are compared as numbers where both are decimal; else nothing is known of their order. */
function isOlder(version: string | undefined, other: string | undefined): boolean {
  if (version === undefined || other === undefined || !decimal.test(version) || !decimal.test(other)) return false;
  return BigInt(version) < BigInt(other);
}

const decimal = /^\d+$/;

function keyOf(object: unknown): string {
  const { namespace = "", name = "" } = (object as RawMigration).metadata ?? {};
  return `${namespace}/${name}`;
}
