// What is read of a migration only while somebody looks at it: its events, and which acts the viewer may create.
import { asOperatorError } from "@retriever/operator/errors.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import type { KubeClient, MigrationEvent } from "#kube-client.ts";
import type { LiveMigration } from "./live-migrations.ts";
import { type MissingRights, readMissingRights } from "./rights.ts";

type ReadBeside = {
  readonly events: readonly MigrationEvent[];
  /** Why they can't be read; empty when they can. */
  readonly eventsFault: string;
  readonly missing: MissingRights;
};

type Held = ReadBeside & { readonly dueAt: number };

const checkEveryMs = 250;
const leastMs = 10_000;
/** A read that took long (10,000 events) is repeated more rarely. */
const rarer = 20;
/** Newest ones that are kept of each migration. */
const mostEvents = 300;
/** Migrations that are remembered. */
const mostHeld = 20;

const unknown: ReadBeside = { events: [], eventsFault: "", missing: new Map() };

type ViewedOptions = {
  readonly client: Pick<KubeClient, "listEvents" | "mayI" | "readActIdentityProved">;
  readonly clock: Clock;
  /** The migrations that somebody looks at. */
  readonly viewedNow: () => readonly LiveMigration[];
  readonly onChange: () => void;
};

/** Reads one after the other, so that a page costs the API server one call at a time. */
export class Viewed {
  readonly #options: ViewedOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: ViewedOptions) {
    this.#options = options;
  }

  get({ namespace, name }: LiveMigration): ReadBeside {
    return this.#held.get(`${namespace}/${name}`) ?? unknown;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, viewedNow, onChange } = this.#options;
    while (!signal.aborted) {
      for (const migration of viewedNow()) {
        const due = this.#held.get(`${migration.namespace}/${migration.name}`)?.dueAt ?? 0;
        if (signal.aborted || clock.elapsed() < due) continue;
        await this.#read(migration, signal);
        onChange();
      }
      await sleep(clock, checkEveryMs, signal);
    }
  }

  async #read(migration: LiveMigration, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const { namespace, name } = migration;
    const key = `${namespace}/${name}`;
    const before = this.#held.get(key) ?? unknown;
    const from = clock.elapsed();
    // What can't be asked now stays as it was: the page says that nothing is live.
    const missing = await readMissingRights(migration, client, signal).catch(() => before.missing);
    const events = await client.listEvents(namespace, name, signal).then(
      (found) => ({ events: found.slice(-mostEvents), eventsFault: "" }),
      (fault: unknown) => ({
        events: before.events,
        eventsFault: `Events can't be read: ${asOperatorError(fault).message}`,
      }),
    );
    const took = clock.elapsed() - from;
    this.#held.delete(key);
    this.#held.set(key, { ...events, missing, dueAt: clock.elapsed() + Math.max(leastMs, took * rarer) });
    const [oldest] = this.#held.keys();
    if (this.#held.size > mostHeld && oldest !== undefined) this.#held.delete(oldest);
  }
}
