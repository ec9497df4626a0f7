// watch: what was missed, then what happens, with bookmarks, a deadline, and 410 for compacted versions.
// Pushes frames to a sink; never blocks a write, and ends a watcher that does not read.

import { gone, statusOf } from "../model/failure.ts";
import type { StoreEvent } from "../model/store.ts";
import { groupVersion } from "../resources/resource-type.ts";
import type { Match } from "../resources/selector.ts";
import type { Call, Cluster } from "./call.ts";
import { checkReached, matchOf } from "./read.ts";

type Frame = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
};

/** Where a watch writes. `send` returns false when the reader is too far behind. */
type Sink = { readonly send: (frame: Frame) => boolean; readonly end: () => void };

export type WatchTiming = { readonly bookmarkEveryMs: number; readonly maxSeconds: number };

/** Starts a watch; the returned function ends it. Throws what must be refused before any frame. */
export function startWatch(cluster: Cluster, call: Call, sink: Sink, timing: WatchTiming): () => void {
  const plan = planOf(cluster, call);
  const match = matchOf(call);
  const send = (frame: Frame) => {
    if (!sink.send(frame)) stop();
  };
  const bookmark = () => send({ type: "BOOKMARK", object: bookmarkOf(cluster, call) });
  const timers: NodeJS.Timeout[] = [];
  const releases: (() => void)[] = [];
  const stop = () => {
    for (const timer of timers) clearInterval(timer);
    for (const release of releases) release();
    sink.end();
  };
  if (plan.kind === "gone") {
    send({ type: "ERROR", object: statusOf(plan.error) });
    stop();
    return () => undefined;
  }
  for (const frame of plan.frames) send(frame);
  releases.push(cluster.store.subscribe((event) => forward(call, match, event, send)));
  const lifetimeMs = Math.min(call.query.timeoutSeconds ?? Number.POSITIVE_INFINITY, timing.maxSeconds) * 1000;
  timers.push(setTimeout(stop, lifetimeMs));
  if (call.query.allowWatchBookmarks === true) {
    timers.push(setInterval(() => bookmark(), timing.bookmarkEveryMs));
  }
  return stop;
}

type Plan =
  | { readonly kind: "gone"; readonly error: Error }
  | { readonly kind: "go"; readonly frames: readonly Frame[] };

function planOf(cluster: Cluster, call: Call): Plan {
  const { store } = cluster;
  const match = matchOf(call);
  const revision = call.query.resourceVersion ?? 0;
  checkReached(cluster, revision);
  if (revision === 0) {
    const frames = store
      .list(call.type.storage, call.namespace)
      .filter(match)
      .map((object) => ({ type: "ADDED", object }) as const);
    return { kind: "go", frames };
  }
  const missed = store.since(call.type.storage, revision);
  if (missed === undefined)
    return { kind: "gone", error: gone(`too old resource version: ${revision} (${store.compacted})`) };
  const frames: Frame[] = [];
  for (const event of missed) forward(call, match, event, (frame) => void frames.push(frame));
  return { kind: "go", frames };
}

function forward(call: Call, match: Match, event: StoreEvent, send: (frame: Frame) => void): void {
  if (event.storage !== call.type.storage) return;
  if (call.namespace !== undefined && event.object.metadata.namespace !== call.namespace) return;
  const frame = frameOf(match, event);
  if (frame !== undefined) send(frame);
}

/** A selector turns changes of matching into ADDED and DELETED. */
function frameOf(match: Match, event: StoreEvent): Frame | undefined {
  const { object, previous: before } = event;
  const was = before !== undefined && match(before);
  const is = event.type !== "DELETED" && match(object);
  if (is) return { type: was ? "MODIFIED" : "ADDED", object };
  if (!was) return undefined;
  const resourceVersion = String(event.revision);
  return { type: "DELETED", object: { ...before, metadata: { ...before.metadata, resourceVersion } } };
}

function bookmarkOf(cluster: Cluster, { type }: Call): unknown {
  const metadata = { resourceVersion: String(cluster.store.revision) };
  return { apiVersion: groupVersion(type), kind: type.kind, metadata };
}
