// A scenario's event in words.

import { percentWord } from "@retriever/operator/page/words.ts";
import type { ScenarioEvent } from "#scenario/scenario.ts";
import { namespaceName } from "#toy/namespaces.ts";

/** The event's own note, or its fields; `(over)` at its end. */
export function describeEvent(event: ScenarioEvent, kind: "begin" | "end"): string {
  const what = event.note ?? wordsOf(event);
  return kind === "end" ? `${what} (over)` : what;
}

function wordsOf(event: ScenarioEvent): string {
  if (event.traffic !== undefined) return trafficWords(event.traffic);
  if (event.source !== undefined) return `source: ${fieldsOf(event.source)}`;
  if (event.destination !== undefined) return `destination: ${fieldsOf(event.destination)}`;
  if (event.namespace !== undefined) return namespaceWords(event.namespace);
  if (event.parity !== undefined) return `the stores differ: ${fieldsOf(event.parity)}`;
  if (event.pods !== undefined) return `pods: ${fieldsOf(event.pods)}`;
  if (event.operator !== undefined) return "the operator is down";
  if (event.unreadable !== undefined) return `the API server does not answer for ${event.unreadable.join(", ")}`;
  if (event.act !== undefined) return actWords(event);
  if (event.base !== undefined) return `the base names ${baseWords[event.base]}`;
  if (event.overlay !== undefined) return `the overlay is ${event.overlay.toLowerCase()}`;
  return "the migration is deleted";
}

function trafficWords({
  requestsPerSecond,
  latencyFactor,
  errorsOnSame,
}: NonNullable<ScenarioEvent["traffic"]>): string {
  const words = [
    ...(requestsPerSecond === undefined ? [] : [`traffic is ${requestsPerSecond} requests/s`]),
    ...(latencyFactor === undefined ? [] : [`both stores take ${latencyFactor} times as long`]),
    ...(errorsOnSame === undefined ? [] : [`${percentWord(errorsOnSame)} of the requests fail at both stores`]),
  ];
  return words.join(", ");
}

function namespaceWords({ rank, ...fields }: NonNullable<ScenarioEvent["namespace"]>): string {
  return `${namespaceName(rank)} at the destination: ${fieldsOf(fields)}`;
}

const baseWords = { Source: "the source", Destination: "the destination", Another: "another store" } as const;

function actWords({ act, actor, reason, role, check }: ScenarioEvent): string {
  const what = [act, ...(role === undefined ? [] : [`as ${role}`]), ...(check === undefined ? [] : [`of ${check}`])];
  const who = `${what.join(" ")} by ${actor ?? "rehearsal"}`;
  return reason === undefined ? who : `${who}: ${reason}`;
}

function fieldsOf(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ");
}
