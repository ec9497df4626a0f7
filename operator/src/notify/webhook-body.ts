// What a webhook of one's own is sent: a CloudEvents envelope or plain JSON, signed with a time.
import { createHmac } from "node:crypto";
import { printableLines } from "@retriever/stores/values/printable.ts";
import type { SinkMessage } from "#ports/sinks.ts";
import { calendarEntry } from "./calendar-entry.ts";
import type { SinkOf } from "./sinks-file.ts";
import { severityOf, wordsOf } from "./words.ts";

type Rendered = { readonly body: string; readonly headers: Readonly<Record<string, string>> };
type Signing = { readonly key: string | undefined /** Epoch ms. */; readonly now: number };

export function renderWebhook(sink: SinkOf<"webhook">, said: SinkMessage, { key, now }: Signing): Rendered {
  const message = { ...said, message: { ...said.message, text: printableLines(said.message.text) } };
  const isPlain = sink.format === "Plain";
  const data = dataOf(sink, message);
  const body = JSON.stringify(isPlain ? { id: said.message.key, ...data } : envelope(message, data));
  return {
    body,
    headers: {
      "content-type": isPlain ? "application/json" : "application/cloudevents+json",
      "x-retriever-id": said.message.key,
      ...signatureOf(said, body, { key, now }),
    },
  };
}

/**
 * Standard Webhooks: id, seconds and body are signed together, so that what is heard again later can be told by its time.
 * `x-retriever-signature` signs the body alone, as it always has. Nothing without a key.
 */
export function signatureOf(
  { message: { key: id } }: SinkMessage,
  body: string,
  { key, now }: Signing,
): Readonly<Record<string, string>> {
  if (key === undefined) return {};
  const seconds = String(Math.floor(now / 1000));
  const whole = createHmac("sha256", standardKey(key)).update(`${id}.${seconds}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": `v1,${whole}`,
    "x-retriever-signature": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`,
  };
}

/** With the prefix of Standard Webhooks a secret is base64, and its bytes are the key; another is a key as it is. */
function standardKey(secret: string): string | Buffer {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  return base64 === undefined ? secret : Buffer.from(base64, "base64");
}

function envelope({ namespace, migration, message }: SinkMessage, data: unknown): unknown {
  return {
    specversion: "1.0",
    id: message.key,
    source: `/namespaces/${namespace}/retrievermigrations/${migration}`,
    type: `dev.retriever.migration.${message.kind}`,
    time: message.at,
    datacontenttype: "application/json",
    data,
  };
}

function dataOf(sink: SinkOf<"webhook">, said: SinkMessage): Readonly<Record<string, unknown>> {
  const { namespace, migration, message, details } = said;
  const { kind, at, text, reason, phase, incident } = message;
  const calendar = calendarEntry(said);
  const own = sink.template === undefined ? { text } : wordsOf(sink, said, (value) => value);
  const severity = severityOf(message);
  return {
    ...(sink.cluster === undefined ? {} : { cluster: sink.cluster }),
    namespace,
    migration,
    kind,
    at,
    ...own,
    ...Object.fromEntries(Object.entries({ reason, phase, incident }).filter(([, value]) => value !== undefined)),
    ...(severity === "" ? {} : { severity }),
    ...(details === undefined ? {} : { details }),
    ...(calendar === undefined ? {} : { calendar }),
  };
}
