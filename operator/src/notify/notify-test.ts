// Proves each sink by a message of its own: what arrives there arrives in earnest.
import { incidentKinds, type OutboxKind } from "@retriever/crds/status/outbox-status.ts";
import type { SinkMessage, Sinks } from "#ports/sinks.ts";
import type { SinkConfig } from "./sinks-file.ts";
import { wantedKinds } from "./wanted.ts";

type NotifyTest = {
  readonly configs: readonly SinkConfig[];
  /** Names of the sinks to try; empty: all. */
  readonly names: readonly string[];
  readonly sinks: Sinks;
  /** Epoch ms; makes the keys of two trials differ. */
  readonly now: number;
  readonly print: (line: string) => void;
};

/** Tries the sinks one by one and says of each whether it took the message; how many didn't. */
export async function notifyTest({ configs, names, sinks, now, print }: NotifyTest): Promise<number> {
  const known = configs.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  for (const name of unknown)
    print(`${name}: no sink of this name is configured; there are ${known.join(", ") || "none"}`);
  if (configs.length === 0) print("no sink is configured: --sinks names no file with one");
  let failed = unknown.length + (configs.length === 0 ? 1 : 0);
  for (const sink of configs.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const fault = await tryOne(sink, sinks, now);
    if (fault !== undefined) failed += 1;
    print(`${sink.name} (${sink.kind}): ${fault ?? "taken"}`);
  }
  return failed;
}

/** Where the sink takes incidents, one that is opened and closed at once; undefined: it took what it was sent. */
async function tryOne(sink: SinkConfig, sinks: Sinks, now: number): Promise<string | undefined> {
  const kinds = wantedKinds(sink);
  const kind = kinds.includes("Ticket") ? "Ticket" : (kinds[0] ?? "Ticket");
  const opening = messageOf(sink, kind, now);
  const isIncident = incidentKinds.some((one) => one === kind) && sink.kind !== "grafana";
  const { message } = opening;
  const closing = { ...opening, message: { ...message, kind: "Resolved" as const, key: `${message.key}/Resolved` } };
  try {
    for (const said of isIncident ? [opening, closing] : [opening]) {
      if (!(await sinks.send(sink.name, said, new AbortController().signal))) return "takes no message of the test";
    }
    return undefined;
  } catch (fault) {
    return fault instanceof Error ? fault.message : "unknown fault";
  }
}

function messageOf({ name }: SinkConfig, kind: OutboxKind, now: number): SinkMessage {
  const uid = "00000000-0000-4000-8000-000000000000";
  const key = `${uid}/0/${kind}/NotifyTest/${now}`;
  const text = `This is a test of the sink ${name}. Nothing happened, and nobody has to do anything.`;
  const about = { reason: "NotifyTest", phase: "Pending", incident: `${kind}/NotifyTest-${name}` };
  const message = { key, kind, text, at: new Date(now).toISOString(), ...about };
  return { namespace: "none", migration: "notify-test", uid, message };
}
