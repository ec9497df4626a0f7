// What a story leaves behind that others can see: events, overlay, and the operator's writes.
// Reads only.
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { keptReportOf } from "#support/world/kept-report.ts";
import { finalPhases } from "#support/world/migration-handle.ts";
import type { Play } from "./play.ts";

const eventSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  involvedObject: z.object({ name: z.string() }),
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.int().default(1),
});

type StoryEvent = {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** page or ticket; undefined where nobody has to act. */
  readonly severity: string | undefined;
};

/** Events of the story's migration. */
async function eventsOf(play: Play): Promise<StoryEvent[]> {
  const objects = await play.stage.world.client.list(`/api/v1/namespaces/${namespace}/events`);
  return objects
    .map((object) => eventSchema.parse(object))
    .filter(({ involvedObject }) => involvedObject.name === play.name)
    .map(({ metadata, type, reason, message, count }) => ({
      type,
      reason,
      message,
      count,
      severity: metadata.annotations["retriever.dev/severity"],
    }));
}

/** Waits for an event of this reason, and of this severity where one is named. */
export function eventOf(play: Play, reason: string, severity?: "page" | "ticket"): Promise<StoryEvent> {
  return eventually(`${play.name}: event ${reason} ${severity ?? ""}`, async () =>
    (await eventsOf(play)).find(
      (event) => event.reason === reason && (severity === undefined || event.severity === severity),
    ),
  );
}

const overlaySchema = z.object({ data: z.object({ "migration.json": z.string() }) });

/** The overlay in the cluster, parsed; undefined when there is none. */
export async function overlayOf(play: Play): Promise<Readonly<Record<string, unknown>> | undefined> {
  const object = await play.stage.world.client.get(play.overlayPath);
  if (object === undefined) return undefined;
  return JSON.parse(overlaySchema.parse(object).data["migration.json"]) as Record<string, unknown>;
}

/** Waits for the report in the cluster that tells of the last record there is; resolves with it, parsed. */
export function keptReport({ stage, name }: Play): Promise<object> {
  return keptReportOf(stage.world.client, { namespace, name });
}

/** The first may have been under way; the second begins after everything that was seen before. */
const reconciles = 2;
/** One that has ended is reconciled again at every tenth resync, and each resync lists all migrations. */
const lists = 11;

/** Waits until the operator had reason to reconcile again, and resolves with what it wrote meanwhile about a migration. */
export async function writesDuringResync(play: Play): Promise<string[]> {
  const { phase } = await play.status();
  // Written beside the loop, some time after the end.
  if (phase !== undefined && finalPhases.has(phase)) await keptReport(play);
  const { requests } = play.stage.world.cluster.api;
  const mark = requests.all().at(-1);
  const since = () => {
    const all = requests.all();
    const at = mark === undefined ? 0 : all.indexOf(mark) + 1;
    if (mark !== undefined && at === 0) throw new Error("the request log is too short for this observation");
    return all.slice(at).filter(({ user }) => user.endsWith(":retriever-operator"));
  };
  const told = JSON.stringify(await eventsOf(play));
  const own = `/retrievermigrations/${play.name}`;
  const seen = await eventually(
    `the operator reconciles ${play.name} ${reconciles} times, or lists ${lists} times`,
    async () => {
      const asked = since();
      const reads = (end: string) => asked.filter(({ method, path }) => method === "GET" && path.endsWith(end)).length;
      return reads(own) >= reconciles || reads("/retrievermigrations") >= lists ? asked : false;
    },
  );
  const mine = new RegExp(`/${play.name}(?:[-./]|$)`);
  const writes = seen.filter(({ method, path }) => method !== "GET" && mine.test(path));
  const events = told === JSON.stringify(await eventsOf(play)) ? [] : ["events changed"];
  return [...writes.map(({ method, path }) => `${method} ${path}`), ...events];
}
