// Kubernetes events. The same message again within the window raises a count instead of making another event.

import { hash, randomUUID } from "node:crypto";
import { printableLines } from "@retriever/stores/values/printable.ts";
import type { Announcement } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { printTime } from "#kube/instants.ts";
import { type KubeRequest, mergePatch } from "#kube/kube-request.ts";
import { ifThere } from "#kube/read-and-write.ts";
import { events, migrations, typeOf } from "#kube/resources.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster } from "#ports/cluster.ts";

/** An event lives an hour in the API server; a count is raised only while it is surely there. */
const windowMs = 30 * 60_000;
const maxRemembered = 1000;
/** The API server's own limit. */
const maxMessage = 1024;
/** Annotation of events that a person has to act on: page or ticket. */
const severityAnnotation = "retriever.dev/severity";

type Sent = { readonly name: string; readonly firstAt: number; readonly count: number };
type AnnouncerOptions = { readonly request: KubeRequest; readonly clock: Clock; readonly instance: string };

/** Sends announcements as events of the migration. Remembers the last 1,000; forgetting one costs a second event. */
export function makeAnnouncer(options: AnnouncerOptions): Cluster["announce"] {
  const { request, clock } = options;
  const sent = new Map<string, Sent>();
  const remember = (key: string, entry: Sent): void => {
    sent.delete(key);
    sent.set(key, entry);
    const oldest = sent.keys().next();
    if (sent.size > maxRemembered && oldest.done !== true) sent.delete(oldest.value);
  };

  return async (meta, announcement, signal) => {
    const key = keyOf(meta, announcement);
    const before = sent.get(key);
    const now = clock.now();
    if (before !== undefined && now - before.firstAt < windowMs && now >= before.firstAt) {
      const raised = { ...before, count: before.count + 1 };
      if (await raise(request, meta.namespace, raised, { now, signal })) {
        remember(key, raised);
        return;
      }
    }
    const name = `${meta.name.slice(0, 200)}.${randomUUID().slice(0, 13)}`;
    const body = eventDocument(meta, announcement, { name, now, instance: options.instance });
    await request({ method: "POST", place: { resource: events, namespace: meta.namespace }, body, signal });
    remember(key, { name, firstAt: now, count: 1 });
  };
}

function keyOf(meta: MigrationMeta, { type, reason, message }: Announcement): string {
  return hash("sha256", JSON.stringify([meta.uid, type, reason, message]));
}

/** False when the event is gone. */
async function raise(
  request: KubeRequest,
  namespace: string,
  entry: Sent,
  at: { readonly now: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const raised = request({
    method: "PATCH",
    place: { resource: events, namespace, name: entry.name },
    contentType: mergePatch,
    body: { count: entry.count, lastTimestamp: printTime(at.now) },
    signal: at.signal,
  });
  return (await ifThere(raised.then(() => true))) ?? false;
}

function eventDocument(
  meta: MigrationMeta,
  announcement: Announcement,
  { name, now, instance }: { readonly name: string; readonly now: number; readonly instance: string },
): unknown {
  const { namespace, uid, resourceVersion } = meta;
  return {
    ...typeOf(events),
    metadata: {
      name,
      namespace,
      ...(announcement.severity === null ? {} : { annotations: { [severityAnnotation]: announcement.severity } }),
    },
    involvedObject: { ...typeOf(migrations), namespace, name: meta.name, uid, resourceVersion },
    type: announcement.type,
    reason: announcement.reason,
    message: printableLines(announcement.message).slice(0, maxMessage),
    source: { component: "retriever-operator", host: instance },
    reportingComponent: "retriever-operator",
    reportingInstance: instance,
    firstTimestamp: printTime(now),
    lastTimestamp: printTime(now),
    count: 1,
  };
}
