// A message as an e-mail: plain text, one thread per migration, and a Message-ID by which a mailbox knows what comes twice.
import { hash } from "node:crypto";
import type { SinkMessage } from "#ports/sinks.ts";
import { calendarEntry } from "./calendar-entry.ts";
import type { SinkOf } from "./sinks-file.ts";
import { commandOf, cut, severityOf, wordsOf } from "./words.ts";

/** What nodemailer takes. It folds and encodes headers; none of these has a line end. */
export function renderEmail(sink: SinkOf<"email">, said: SinkMessage) {
  const { message, uid } = said;
  const { title, text } = wordsOf(sink, said, (value) => value);
  const calendar = calendarEntry(said);
  const isPage = severityOf(message) === "page";
  return {
    from: sink.from,
    to: sink.to,
    subject: cut(title, 200),
    text: `${text}\n\n${commandOf(said)}\n${message.at}  ${message.key}\n`,
    messageId: messageId(message.key),
    references: messageId(uid),
    date: new Date(message.at),
    headers: { "X-Retriever-Id": message.key, "Auto-Submitted": "auto-generated" },
    ...(isPage ? { priority: "high" as const } : {}),
    ...(calendar === undefined ? {} : { icalEvent: { method: "PUBLISH", content: calendar } }),
  };
}

function messageId(key: string): string {
  return `<${hash("sha256", key).slice(0, 40)}@retriever.dev>`;
}
