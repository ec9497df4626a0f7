// The EventSource port: reflectors over migrations, acts and overlays, each object mapped to the migrations it concerns.

import { createHash, type Hash } from "node:crypto";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import type { OperatorError } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeConnection } from "#kube/kube-access.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { type ListReader, Reflector } from "#kube/reflector.ts";
import { configMaps, migrationActs, migrations, type Place, type Resource } from "#kube/resources.ts";
import type { Clock } from "#ports/clock.ts";
import type { MigrationKey } from "#ports/cluster.ts";
import type { EventSource } from "#ports/event-source.ts";
import { overlayLabel } from "../cluster/overlay-config-map.ts";
import { idOf, keyOf, makeTargetIndex, type TargetIndex } from "../cluster/target-index.ts";

type EventSourceOptions = {
  readonly connection: KubeConnection;
  readonly request: KubeRequest;
  readonly clock: Clock;
  readonly random: () => number;
  readonly namespaces: readonly string[];
  readonly resyncMs: number;
  readonly inactivityMs?: number;
  readonly onFault: (fault: OperatorError) => void;
};

const backoff = { baseMs: 500, capMs: 30_000 };
/** A little more than the minute between two bookmarks. */
const defaultInactivityMs = 70_000;
/** Of so many lists one wakes the finished migrations, too: hundreds of them must cost next to nothing. */
const finishedEvery = 10;

/** EventSource from watches in all watched namespaces. */
export function makeKubernetesEventSource(options: EventSourceOptions): EventSource {
  let reflectors: readonly Reflector[] = [];
  const index = makeTargetIndex();
  return {
    start: (wake) => {
      reflectors = scopesOf(options).flatMap((scope) =>
        watchesOf(wake, index).map(({ resource, ...watch }) => reflect({ resource, ...scope }, watch, options)),
      );
      for (const reflector of reflectors) reflector.start();
    },
    stop: async () => {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
    keysOfTarget: ({ namespace, name }) => index.keysOfOverlay({ namespace, name: overlayName(name) }),
    listedAt: () => oldest(reflectors.map((reflector) => reflector.listedAt)),
  };
}

/** What to watch, and whom each object wakes. */
function watchesOf(wake: (key: MigrationKey, isNews?: boolean) => void, index: TargetIndex): Watch[] {
  const onMigration: Watch["onEvent"] = (type, object) => {
    const key = keyOf(object);
    if (type === "DELETED") index.forget(key);
    else if (!index.note(object)) return;
    wake(key);
  };
  let lists = 0;
  const onMigrations = (): ListReader => {
    lists += 1;
    const page: ListReader["page"] = (items) => {
      for (const item of items) {
        const changed = index.note(item);
        const isDue = !isFinished(item) || (lists % finishedEvery === 0 && !isAtRest(item));
        if (changed || isDue) wake(keyOf(item), changed);
      }
    };
    return { page, end: () => undefined };
  };
  const onAct: Watch["onEvent"] = (_, object) => knownOf(index, object).forEach((key) => wake(key));
  const onOverlay: Watch["onEvent"] = (_, object) => index.keysOfOverlay(keyOf(object)).forEach((key) => wake(key));
  return [
    { resource: migrations, query: {}, onList: onMigrations, onEvent: onMigration },
    { resource: migrationActs, query: {}, onList: readActs(wake, index), onEvent: onAct },
    // The migrations' own list wakes whoever an overlay is in force for.
    { resource: configMaps, query: { labelSelector: `${overlayLabel}=true` }, onEvent: onOverlay },
  ];
}

/**
 * An act whose event was lost is found by the next list: it wakes a migration whose acts aren't what they were. Those of
 * the first list come with all migrations. Of acts that name no migration nothing is kept, however many they are.
 */
function readActs(wake: (key: MigrationKey) => void, index: TargetIndex): () => ListReader {
  let before: ReadonlyMap<string, string> | undefined;
  return () => {
    const found = new Map<string, { readonly key: MigrationKey; readonly marks: Hash }>();
    const page: ListReader["page"] = (items) => {
      for (const item of items)
        for (const key of knownOf(index, item)) {
          const entry = found.get(idOf(key)) ?? { key, marks: createHash("sha256") };
          entry.marks.update(item.metadata?.uid ?? "");
          found.set(idOf(key), entry);
        }
    };
    const end = () => {
      const last = before;
      before = new Map([...found].map(([id, { marks }]) => [id, marks.digest("hex")]));
      for (const [id, { key }] of found) if (last !== undefined && last.get(id) !== before.get(id)) wake(key);
    };
    return { page, end };
  };
}

/** A finished migration only waits for acts, edits and deletion, and each of these has an event of its own. */
function isFinished({ metadata, status }: KubeObject): boolean {
  const phase = (status as { readonly phase?: unknown } | undefined)?.phase;
  return (
    metadata?.deletionTimestamp === undefined &&
    (phase === "Completed" || phase === "RolledBack" || phase === "Validated")
  );
}

type Told = {
  readonly conditions?: readonly { readonly type?: string; readonly status?: string; readonly reason?: string }[];
};

/** Nothing of it is in force, and time alone changes nothing: then no list needs to wake it, however many there are. */
function isAtRest({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as Told;
  const isSettled = conditions.some(({ type, status }) => type === "Settled" && status === "True");
  const waits = conditions.some(({ type, reason }) => type === "PostmortemDue" && reason === "NotDueYet");
  return isSettled && !waits;
}

/** Each with lists of its own: what one namespace holds says nothing of another. */
function scopesOf({ namespaces }: EventSourceOptions): readonly Pick<Place, "namespace">[] {
  return namespaces.length === 0 ? [{}] : namespaces.map((namespace) => ({ namespace }));
}

function reflect(place: Place, watch: Omit<Watch, "resource">, options: EventSourceOptions): Reflector {
  const { inactivityMs = defaultInactivityMs } = options;
  return new Reflector({ ...options, ...watch, inactivityMs, place, backoff });
}

type Watch = {
  readonly resource: Resource;
  readonly query: Readonly<Record<string, string>>;
  readonly onList?: () => ListReader;
  readonly onEvent: (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) => void;
};

/** The migration that an act names, where there is one: the queue must not fill with names that somebody made up. */
function knownOf(index: TargetIndex, object: KubeObject): MigrationKey[] {
  const name = (object.spec as { migration?: { name?: unknown } } | undefined)?.migration?.name;
  const key = { namespace: object.metadata?.namespace ?? "", name: String(name) };
  return index.has(key) ? [key] : [];
}

function oldest(times: readonly (number | undefined)[]): number | undefined {
  let least: number | undefined;
  for (const time of times) {
    if (time === undefined) return undefined;
    least = least === undefined ? time : Math.min(least, time);
  }
  return least;
}
