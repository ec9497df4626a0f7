// EventSource by hand, and a list of everything now and then.
import type { Clock } from "#ports/clock.ts";
import type { Cluster, MigrationKey } from "#ports/cluster.ts";
import type { EventSource } from "#ports/event-source.ts";

export class FakeEventSource implements EventSource {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #resyncMs: number;
  #wake: (key: MigrationKey) => void = () => undefined;
  #listedAt: number | undefined;
  #stopped = false;
  #cancel: () => void = () => undefined;

  constructor(cluster: Cluster, clock: Clock, resyncMs = 60_000) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#resyncMs = resyncMs;
  }

  start(wake: (key: MigrationKey) => void): void {
    this.#wake = wake;
    void this.#list();
  }

  /** An event concerns this migration. */
  emit(key: MigrationKey): void {
    if (!this.#stopped) this.#wake(key);
  }

  /** Migrations by `namespace/workload`. */
  readonly targets = new Map<string, readonly MigrationKey[]>();

  keysOfTarget({ namespace, name }: MigrationKey): readonly MigrationKey[] {
    return this.targets.get(`${namespace}/${name}`) ?? [];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
  }

  listedAt(): number | undefined {
    return this.#listedAt;
  }

  async #list(): Promise<void> {
    try {
      const keys = await this.#cluster.listMigrations(new AbortController().signal);
      this.#listedAt = this.#clock.elapsed();
      for (const key of keys) this.emit(key);
    } catch {
      // The next list comes.
    }
    if (!this.#stopped) this.#cancel = this.#clock.after(this.#resyncMs, () => void this.#list());
  }
}
