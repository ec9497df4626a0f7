// The EventSource port: reflectors over migrations, acts and overlays, each object mapped to the migrations it concerns.

import { overlayName } from "@retriever/sidecar/contract/names.ts";
import type { OperatorError } from "#errors.ts";
import type { KubeConnection } from "#kube/connection.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { Reflector } from "#kube/reflector.ts";
import { configMaps, migrationActs, migrations, type Place, type Resource } from "#kube/resources.ts";
import type { Clock } from "#ports/clock.ts";
import type { MigrationKey } from "#ports/cluster.ts";
import type { EventSource } from "#ports/event-source.ts";
import { overlayLabel } from "../cluster/overlay-config-map.ts";
import { keyOf, makeTargetIndex, type TargetIndex } from "../cluster/target-index.ts";

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
      reflectors = watchesOf(wake, index).flatMap((watch) => reflect(watch, options));
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
  const onMigrations: Watch["onList"] = (items) => {
    lists += 1;
    for (const item of items) {
      const changed = index.note(item);
      const isDue = !isFinished(item) || (lists % finishedEvery === 0 && !isAtRest(item));
      if (changed || isDue) wake(keyOf(item), changed);
    }
  };
  let known: ReadonlySet<string> | undefined;
  // An act whose event was lost is found by the next list; those of the first come with all migrations.
  const onActs: Watch["onList"] = (items) => {
    const before = known;
    known = new Set(items.map(({ metadata }) => metadata?.uid ?? ""));
    if (before === undefined) return;
    for (const item of items)
      if (!before.has(item.metadata?.uid ?? "")) migrationOfAct(item).forEach((key) => wake(key));
  };
  // Lists of overlays only begin their watch: the migrations' own list wakes whoever an overlay is in force for.
  const ignore = () => undefined;
  const onAct: Watch["onEvent"] = (_, object) => migrationOfAct(object).forEach((key) => wake(key));
  const onOverlay: Watch["onEvent"] = (_, object) => index.keysOfOverlay(keyOf(object)).forEach((key) => wake(key));
  return [
    { resource: migrations, query: {}, onList: onMigrations, onEvent: onMigration },
    { resource: migrationActs, query: {}, onList: onActs, onEvent: onAct },
    { resource: configMaps, query: { labelSelector: `${overlayLabel}=true` }, onList: ignore, onEvent: onOverlay },
  ];
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

function reflect({ resource, ...watch }: Watch, options: EventSourceOptions): Reflector[] {
  const { namespaces, inactivityMs = defaultInactivityMs } = options;
  const places: Place[] =
    namespaces.length === 0 ? [{ resource }] : namespaces.map((namespace) => ({ resource, namespace }));
  return places.map((place) => new Reflector({ ...options, ...watch, inactivityMs, place, backoff }));
}

type Watch = {
  readonly resource: Resource;
  readonly query: Readonly<Record<string, string>>;
  readonly onList: (items: readonly KubeObject[]) => void;
  readonly onEvent: (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) => void;
};

function migrationOfAct(object: KubeObject): MigrationKey[] {
  const name = (object.spec as { migration?: { name?: unknown } } | undefined)?.migration?.name;
  return typeof name === "string" ? [{ namespace: object.metadata?.namespace ?? "", name }] : [];
}

function oldest(times: readonly (number | undefined)[]): number | undefined {
  let least: number | undefined;
  for (const time of times) {
    if (time === undefined) return undefined;
    least = least === undefined ? time : Math.min(least, time);
  }
  return least;
}
