// Grafana's annotations: a region for each stage, a point for what happens in it. Grafana has no key of its own, so each
// annotation carries the message's as a tag and is looked for before it is written. Whoever calls sends one after the other.
import { z } from "zod";
import { SinkFault } from "#notify/sink-fault.ts";
import type { SinkOf } from "#notify/sinks-file.ts";
import { escapeHtml, wordsOf } from "#notify/words.ts";
import type { SinkMessage } from "#ports/sinks.ts";
import { exchange, type SinkCall } from "./http-post.ts";

const annotationsSchema = z
  .array(
    z.object({ id: z.int(), time: z.number(), timeEnd: z.number().default(0), tags: z.array(z.string()).nullable() }),
  )
  .max(100);
/** Far below what is read of an answer: the newest stages, among which the present one's neighbours are. */
const mostStages = 50;
/** Grafana's database has so many characters for a tag's name and for its value; it takes no annotation with a longer one. */
const longestTag = 100;
type Annotation = z.infer<typeof annotationsSchema>[number];

/** A stage ends where the next one begins; one that comes late ends where a later one began. */
export async function annotate(
  sink: SinkOf<"grafana">,
  said: SinkMessage,
  call: SinkCall & { readonly secret: string | undefined },
): Promise<void> {
  const { secret } = call;
  const bearer = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  const headers = { "content-type": "application/json", ...bearer };
  const api = { call, url: `${sink.url.replace(/\/$/, "")}/api/annotations`, headers };
  const uid = `uid:${said.uid}`;
  const known = await list(api, [uid, keyTag(said)], 1);
  const isStage = said.message.kind === "Stage";
  const listed = isStage ? await list(api, [uid, "stage"], mostStages) : [];
  const stages = listed.toSorted((a, b) => a.time - b.time);
  if (known.length === 0) await exchange({ ...api, body: JSON.stringify(annotationOf(sink, said, stages)) }, call);
  const at = Date.parse(said.message.at);
  const last = stages.findLast(({ time }) => time < at);
  if (last === undefined) return;
  if (last.timeEnd > last.time && last.timeEnd <= at) return;
  const end = JSON.stringify({ timeEnd: at });
  await exchange({ ...api, url: `${api.url}/${last.id}`, method: "PATCH", body: end }, call);
}

type Api = { readonly call: SinkCall; readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** Those that have all these tags, the newest first. */
async function list({ url, headers, call }: Api, tags: readonly string[], limit: number): Promise<Annotation[]> {
  const query = new URLSearchParams({ type: "annotation", limit: String(limit) });
  for (const tag of tags) query.append("tags", tag);
  const text = await exchange({ url: `${url}?${query.toString()}`, method: "GET", headers }, call);
  try {
    return annotationsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SinkFault("its list of annotations can't be read", { cause });
  }
}

function annotationOf(sink: SinkOf<"grafana">, said: SinkMessage, stages: readonly Annotation[]): unknown {
  const { namespace, migration, uid, message } = said;
  const { title, text } = wordsOf(sink, said, escapeHtml);
  const time = Date.parse(message.at);
  const next = stages.find((stage) => stage.time > time);
  return {
    time,
    ...(next === undefined ? {} : { timeEnd: next.time }),
    ...(sink.dashboardUid === undefined ? {} : { dashboardUID: sink.dashboardUid }),
    tags: [
      "retriever",
      message.kind.toLowerCase(),
      `namespace:${namespace}`,
      `migration:${migration}`.slice(0, longestTag),
      `uid:${uid}`,
      keyTag(said),
    ],
    text: `${title}: ${text}`,
  };
}

/** Of one message the same; the tag of the UID says of which migration. */
function keyTag({ message }: SinkMessage): string {
  return `id:${message.key.split("/").slice(1).join("/")}`.slice(0, longestTag);
}
