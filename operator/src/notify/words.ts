// A message in words: what is said, escaped for the format it goes into, and no longer than the receiver takes.
import { printable, printableLines } from "@retriever/stores/values/printable.ts";
import type { SinkMessage } from "#ports/sinks.ts";
import type { SinkConfig } from "./sinks-file.ts";
import { renderTemplate, type TemplateValues } from "./templates.ts";

type Words = { readonly title: string; readonly text: string };
type Severity = "page" | "ticket" | "";

/** How soon a person has to act: of a resolved incident, how soon it was. */
export function severityOf({ kind, incident }: SinkMessage["message"]): Severity {
  const [spoken] = (kind === "Resolved" ? incident : kind)?.split("/") ?? [];
  if (spoken === "Page") return "page";
  return spoken === "Ticket" || spoken?.startsWith("Postmortem") === true ? "ticket" : "";
}

/** Title in one line, and text; in the sink's own words where it has some. `escape` makes text of others plain text. */
export function wordsOf(
  sink: Pick<SinkConfig, "template" | "cluster">,
  said: SinkMessage,
  escape: (value: string) => string,
): Words {
  const values = valuesOf(sink, said);
  const { cluster, namespace, migration, kind, reason, text, chunks, tenants } = values;
  const named = [...(chunks === "" ? [] : [`chunks: ${chunks}`]), ...(tenants === "" ? [] : [`tenants: ${tenants}`])];
  const usual: Words = {
    title: `${cluster === "" ? "" : `[${cluster}] `}${namespace}/${migration}: ${kind}${reason === "" ? "" : ` (${reason})`}`,
    text: [text, ...named].join("\n"),
  };
  const own = (field: keyof Words): string => {
    const template = sink.template?.[field];
    if (template === undefined) return escape(usual[field]);
    try {
      return renderTemplate(template, values, escape);
    } catch {
      // It was tried at configuration; a message that is too much for it must not be lost by it.
      return escape(usual[field]);
    }
  };
  const title = printable(own("title").replace(/\s+/g, " ").trim());
  // A chat refuses a message without a title.
  return { title: title === "" ? escape(usual.title) : title, text: printableLines(own("text")) };
}

function valuesOf(
  { cluster = "" }: Pick<SinkConfig, "cluster">,
  { namespace, migration, message, details }: SinkMessage,
): TemplateValues {
  const { kind, key, at, reason = "", phase = "", incident = "" } = message;
  return {
    cluster,
    namespace: printable(namespace),
    migration: printable(migration),
    key: printable(key),
    text: printableLines(message.text),
    severity: severityOf(message),
    kind,
    at,
    reason,
    phase,
    incident,
    chunks: printable(details?.chunks.join(", ") ?? ""),
    tenants: printable(details?.tenants.join(", ") ?? ""),
  };
}

/** What shows whoever reads it where the migration stands, and what would move it. */
export function commandOf({ namespace, migration }: SinkMessage): string {
  return printable(`kubectl retriever status ${migration} -n ${namespace}`);
}

/** At most so many characters: no half of a character and no half of an entity at the end. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text
    .slice(0, Math.max(0, most - 1))
    .replace(/[\uD800-\uDBFF]$/, "")
    .replace(/&[a-z0-9#]{0,5}$/, "")}…`;
}

/** The largest that `build` makes of the text within so many bytes. */
export function fitted(
  text: string,
  most: { readonly characters: number; readonly bytes: number },
  build: (text: string) => unknown,
): string {
  for (let characters = most.characters; ; characters = Math.floor(characters * 0.8)) {
    const body = JSON.stringify(build(cut(text, characters)));
    if (characters === 0 || Buffer.byteLength(body) < most.bytes) return body;
  }
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For Slack: its three characters and no other. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>]/g, (one) => entities[one] ?? "");
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => entities[one] ?? "");
}
