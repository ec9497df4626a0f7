// What is read of a migration only while somebody looks at it: its events, its evidence, and which acts the viewer may create.
import { asOperatorError } from "@retriever/operator/errors.ts";
import type { EvidenceReader } from "@retriever/operator/ports/audit-store.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import type { KubeClient, MigrationEvent } from "#kube-client.ts";
import type { LiveMigration } from "./live-migrations.ts";
import { type MissingRights, readMissingRights } from "./rights.ts";
import { joined, pointOfRecord, pointOfStatus, type TimelinePoint } from "./timeline-points.ts";

type ReadBeside = {
  readonly events: readonly MigrationEvent[];
  /** Why they can't be read; empty when they can. */
  readonly eventsFault: string;
  readonly missing: MissingRights;
  /** Moments for the charts, oldest first. */
  readonly points: readonly TimelinePoint[];
  /** Why there are none from before the page was opened; empty when there may be. */
  readonly evidenceFault: string;
};

type Held = ReadBeside & {
  readonly dueAt: number;
  /** Evidence grows by a record a minute, and costs more to read than all else. */
  readonly evidenceDueAt: number;
  /** Of the migration whose status was the last point. */
  readonly version: number;
};

const checkEveryMs = 250;
const leastMs = 10_000;
/** A read that succeeded but took long (10,000 events) is repeated more rarely. */
const rarer = 20;
/** Newest ones that are kept of each migration. */
const mostEvents = 300;
/** Migrations that are remembered. */
const mostHeld = 20;

const evidenceEveryMs = 60_000;

const unknown: Held = {
  events: [],
  eventsFault: "",
  missing: new Map(),
  points: [],
  evidenceFault: "",
  dueAt: 0,
  evidenceDueAt: 0,
  version: 0,
};

type ViewedOptions = {
  readonly client: Pick<KubeClient, "listEvents" | "mayI" | "readActIdentityProved">;
  readonly evidence: Pick<EvidenceReader, "readChain">;
  readonly clock: Clock;
  /** The migrations that somebody looks at. */
  readonly viewedNow: () => readonly LiveMigration[];
  readonly onChange: () => void;
};

/** One that was made anew under the same name is another one. */
function keyOf({ namespace, name, view }: LiveMigration): string {
  return `${namespace}/${name}/${view?.uid ?? ""}`;
}

/** Reads one after the other, so that a page costs the API server one call at a time. */
export class Viewed {
  readonly #options: ViewedOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: ViewedOptions) {
    this.#options = options;
  }

  get(migration: LiveMigration): ReadBeside {
    return this.#heldOf(migration);
  }

  #heldOf(migration: LiveMigration): Held {
    return this.#held.get(keyOf(migration)) ?? unknown;
  }

  #hold(migration: LiveMigration, held: Held): void {
    const key = keyOf(migration);
    this.#held.delete(key);
    this.#held.set(key, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > mostHeld && oldest !== undefined) this.#held.delete(oldest);
  }

  /** A status that changed is a point of the charts; whether it was one. */
  #note(migration: LiveMigration): boolean {
    const held = this.#heldOf(migration);
    const { view, version } = migration;
    if (view === undefined || held.version === version) return false;
    const point = pointOfStatus(view.status, this.#options.clock.now());
    this.#hold(migration, { ...held, version, points: joined(held.points, [point]) });
    return true;
  }

  /** The points of its evidence, before those that were seen here. */
  async #readEvidence(migration: LiveMigration, held: Held, signal: AbortSignal): Promise<Partial<Held>> {
    const { evidence, clock } = this.#options;
    const { namespace, name, view } = migration;
    if (clock.elapsed() < held.evidenceDueAt) return {};
    const from = clock.elapsed();
    const { points, evidenceFault } = await evidence.readChain({ namespace, name, uid: view?.uid ?? "" }, signal).then(
      (chain) => ({
        points: joined(
          (chain?.lines ?? []).flatMap((line) => pointOfRecord(line) ?? []),
          held.points,
        ),
        evidenceFault: "",
      }),
      (fault: unknown) => ({
        points: held.points,
        evidenceFault: `Its evidence can't be read, so that the charts begin here: ${asOperatorError(fault).message}`,
      }),
    );
    const restMs = evidenceFault === "" ? Math.max(evidenceEveryMs, (clock.elapsed() - from) * rarer) : leastMs;
    return { points, evidenceFault, evidenceDueAt: clock.elapsed() + restMs };
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, viewedNow, onChange } = this.#options;
    while (!signal.aborted) {
      for (const migration of viewedNow()) {
        if (this.#note(migration)) onChange();
        if (signal.aborted || clock.elapsed() < this.#heldOf(migration).dueAt) continue;
        await this.#read(migration, signal);
        onChange();
      }
      await sleep(clock, checkEveryMs, signal);
    }
  }

  async #read(migration: LiveMigration, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const { namespace, name, view } = migration;
    const before = this.#heldOf(migration);
    const from = clock.elapsed();
    // What can't be asked now stays as it was: the page says that nothing is live.
    const missing = await readMissingRights(migration, client, signal).catch(() => undefined);
    const events = await client.listEvents({ namespace, name, uid: view?.uid }, signal).then(
      (found) => ({ events: found.slice(-mostEvents), eventsFault: "" }),
      (fault: unknown) => ({
        events: before.events,
        eventsFault: `Events can't be read: ${asOperatorError(fault).message}`,
      }),
    );
    // What failed slowly is as likely to succeed at once: only success tells what the next read costs.
    const isWhole = missing !== undefined && events.eventsFault === "";
    const dueAt = clock.elapsed() + (isWhole ? Math.max(leastMs, (clock.elapsed() - from) * rarer) : leastMs);
    this.#hold(migration, { ...this.#heldOf(migration), ...events, missing: missing ?? before.missing, dueAt });
    this.#options.onChange();
    const chart = await this.#readEvidence(migration, this.#heldOf(migration), signal);
    this.#hold(migration, { ...this.#heldOf(migration), ...chart });
  }
}
