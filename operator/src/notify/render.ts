// What a sink is sent: an envelope that names the message, its words, and for the announcement of a cutover a calendar entry.
import { createHmac } from "node:crypto";
import { printableLines } from "@retriever/stores/values/printable.ts";
import type { SinkMessage } from "#ports/sinks.ts";
import type { SinkConfig } from "./sinks-file.ts";

/** Slack cuts what is longer; whole characters, counted in bytes. */
const slackBytes = 6000;

type Rendered = { readonly body: string; readonly headers: Readonly<Record<string, string>> };

/** Body and headers; with a key the body is signed, as `sha256=<hex>`. */
export function render({ kind }: Pick<SinkConfig, "kind">, said: SinkMessage, key: string | undefined): Rendered {
  const message = { ...said, message: { ...said.message, text: printableLines(said.message.text) } };
  const content = kind === "slack" ? slackBody(message) : envelope(message);
  const body = JSON.stringify(content);
  const type = kind === "slack" ? "application/json" : "application/cloudevents+json";
  const signature = key === undefined ? {} : { "x-retriever-signature": `sha256=${sign(body, key)}` };
  return { body, headers: { "content-type": type, "x-retriever-id": message.message.key, ...signature } };
}

function sign(body: string, key: string): string {
  return createHmac("sha256", key).update(body).digest("hex");
}

function envelope({ namespace, migration, message }: SinkMessage): unknown {
  const { key, kind, text, at } = message;
  return {
    specversion: "1.0",
    id: key,
    source: `/namespaces/${namespace}/retrievermigrations/${migration}`,
    type: `dev.retriever.migration.${kind}`,
    time: at,
    datacontenttype: "application/json",
    data: {
      namespace,
      migration,
      kind,
      text,
      ...(kind === "PreCutover" ? { calendar: calendarEntry(message, migration) } : {}),
    },
  };
}

function slackBody({ namespace, migration, message: { kind, text } }: SinkMessage): unknown {
  // The characters that Slack reads as markup.
  const plain = `${namespace}/${migration}: ${kind}: ${text}`.replace(/[&<>]/g, (one) => escapes[one] ?? "");
  let whole = plain;
  while (Buffer.byteLength(JSON.stringify({ text: whole })) >= slackBytes) whole = whole.slice(0, -100);
  return { text: whole };
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** One hour from the announcement on, as RFC 5545; the same key is the same entry in every calendar. */
function calendarEntry({ key, text, at }: SinkMessage["message"], migration: string): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//retriever//migration operator//EN",
    "BEGIN:VEVENT",
    `UID:${key}`,
    `DTSTAMP:${stamp(at)}`,
    `DTSTART:${stamp(at)}`,
    "DURATION:PT1H",
    `SUMMARY:Cutover of ${escapeText(migration)}`,
    `DESCRIPTION:${escapeText(text)}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join("");
}

function stamp(at: string): string {
  return at.replace(/[-:]|\.\d+/g, "");
}

function escapeText(text: string): string {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");
}

/** At most 75 bytes a line: characters of up to four bytes are counted as such. */
function folded(line: string): string {
  const parts: string[] = [];
  let part = "";
  for (const character of line) {
    if (Buffer.byteLength(part + character) > 74) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  return [...parts, part].join("\r\n ");
}
