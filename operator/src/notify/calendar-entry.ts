// The announcement of a cutover as a calendar entry (RFC 5545).
import { printableLines } from "@retriever/stores/values/printable.ts";
import type { SinkMessage } from "#ports/sinks.ts";

/** One hour from the announcement on; the same key is the same entry in every calendar. Undefined for other messages. */
export function calendarEntry({ message: { key, kind, text, at }, migration }: SinkMessage): string | undefined {
  if (kind !== "PreCutover") return undefined;
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//retriever//migration operator//EN",
    "METHOD:PUBLISH",
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
  return printableLines(text)
    .replace(/[\\;,]/g, "\\$&")
    .replace(/\n/g, "\\n");
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
