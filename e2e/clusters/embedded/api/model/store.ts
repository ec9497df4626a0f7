// The objects of the embedded API: one version counter, a bounded history for watches, subscribers.
// In memory; stores what it is given and judges nothing.
import { freeze, type KubeObject } from "./json.ts";

export type StoreEvent = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly storage: string;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
};

type Listener = (event: StoreEvent) => void;

const firstRevision = 100;

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** Holds every object by storage name (such as `apps/deployments`) and key. */
export class Store {
  #revision = firstRevision;
  #compacted = firstRevision;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #history: StoreEvent[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #maxHistory: number;

  constructor(maxHistory: number) {
    this.#maxHistory = maxHistory;
  }

  /** The newest version. */
  get revision(): number {
    return this.#revision;
  }

  /** Watches can start here or later. */
  get compacted(): number {
    return this.#compacted;
  }

  get(storage: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(storage)?.get(`${namespace ?? ""}/${name}`);
  }

  /** All objects of a storage, of one namespace or of all, ordered by key. */
  list(storage: string, namespace?: string): KubeObject[] {
    return sorted(this.#objects.get(storage) ?? new Map(), namespace);
  }

  /** The objects as they were at an earlier version; undefined when that is compacted or not reached yet. */
  listAt(storage: string, namespace: string | undefined, revision: number): KubeObject[] | undefined {
    if (revision < this.#compacted || revision > this.#revision) return undefined;
    const objects = new Map(this.#objects.get(storage) ?? []);
    for (const event of this.#history.toReversed()) {
      if (event.revision <= revision) break;
      if (event.storage !== storage) continue;
      if (event.previous === undefined) objects.delete(keyOf(event.object));
      else objects.set(keyOf(event.object), event.previous);
    }
    return sorted(objects, namespace);
  }

  /** Stores an object under the next version, which it writes into it. */
  put(storage: string, object: KubeObject): KubeObject {
    const objects = this.#objects.get(storage) ?? new Map<string, KubeObject>();
    this.#objects.set(storage, objects);
    const previous = objects.get(keyOf(object));
    const stored = this.#stamped(object);
    objects.set(keyOf(object), stored);
    this.#record({
      type: previous === undefined ? "ADDED" : "MODIFIED",
      storage,
      object: stored,
      previous,
      revision: this.#revision,
    });
    return stored;
  }

  /** Takes an object out; its last state carries the version of the removal. */
  remove(storage: string, object: KubeObject): KubeObject {
    const objects = this.#objects.get(storage);
    const previous = objects?.get(keyOf(object));
    if (objects?.delete(keyOf(object)) !== true) return object;
    const last = this.#stamped(object);
    this.#record({ type: "DELETED", storage, object: last, previous, revision: this.#revision });
    return last;
  }

  /** Events after a version, oldest first; undefined when they are compacted. */
  since(storage: string, revision: number): readonly StoreEvent[] | undefined {
    if (revision < this.#compacted) return undefined;
    return this.#history.filter((event) => event.storage === storage && event.revision > revision);
  }

  /** Forgets the history, so that every older watch and continue token is gone. */
  compact(): void {
    this.#history.length = 0;
    this.#compacted = this.#revision;
  }

  /** Calls the listener after each change until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #stamped(object: KubeObject): KubeObject {
    this.#revision += 1;
    return freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } });
  }

  #record(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > this.#maxHistory) this.#compacted = this.#history.shift()?.revision ?? this.#compacted;
    for (const listener of this.#listeners) listener(event);
  }
}

function sorted(objects: ReadonlyMap<string, KubeObject>, namespace: string | undefined): KubeObject[] {
  const entries = [...objects].filter(([key]) => namespace === undefined || key.startsWith(`${namespace}/`));
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}
