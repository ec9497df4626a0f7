// The administrator's sinks, each by its own protocol. Secrets are read anew for each message, so that they can be rotated.
import { readFile } from "node:fs/promises";
import { readCredentialText } from "@retriever/stores/config/credential-text.ts";
import { Agent } from "undici";
import { renderSlack, renderTeams } from "#notify/chat-body.ts";
import { renderAlertmanager, renderPagerDuty } from "#notify/incident-body.ts";
import { refusalIn } from "#notify/refusal-in-answer.ts";
import { SinkFault } from "#notify/sink-fault.ts";
import type { SinkConfig } from "#notify/sinks-file.ts";
import { isWanted } from "#notify/wanted.ts";
import { renderWebhook, signatureOf } from "#notify/webhook-body.ts";
import type { Clock } from "#ports/clock.ts";
import type { SinkMessage, Sinks } from "#ports/sinks.ts";
import { annotate } from "./grafana-annotations.ts";
import { exchange, type SinkCall } from "./http-post.ts";
import { type Received, sendEmail } from "./smtp-sink.ts";

type SinksOptions = {
  readonly sinks: readonly SinkConfig[];
  /** Of one message, in ms. */
  readonly deadlineMs: number;
  /** How long an incident stands at a sink that forgets it, in ms. */
  readonly incidentLastsMs: number;
  readonly clock: Pick<Clock, "now">;
};

/** Sends to the configured sinks. */
export function makeSinks({ sinks, deadlineMs, incidentLastsMs, clock }: SinksOptions): Sinks {
  const dispatcher = new Agent({ connections: 4, bodyTimeout: deadlineMs, headersTimeout: deadlineMs });
  const byName = new Map(sinks.map((sink) => [sink.name, sink]));
  const takeTurns = makeTurns();
  const received: Received = new Map();
  return {
    send: async (name, { details, ...message }, outer) => {
      const sink = byName.get(name);
      if (sink === undefined) throw new SinkFault("no sink of this name is configured");
      if (!isWanted(sink, message)) return false;
      const said = sink.details === true ? { ...message, details } : message;
      const secret = await secretOf(sink);
      const begin = () => {
        const signal = AbortSignal.any([outer, AbortSignal.timeout(deadlineMs)]);
        const now = () => clock.now();
        return carry(sink, said, { dispatcher, signal, now, deadlineMs, secret, received, lastsMs: incidentLastsMs });
      };
      await (sink.kind === "grafana" ? takeTurns(`${name} ${said.uid}`, begin) : begin());
      return true;
    },
    forgets: (name) => byName.get(name)?.kind === "alertmanager",
    close: () => dispatcher.destroy(),
  };
}

/** One after the other for each key: what Grafana is asked for before a write must not change meanwhile. */
function makeTurns(): (key: string, begin: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return async (key, begin) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(begin, begin);
    last.set(key, turn);
    try {
      await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}

type Carrying = SinkCall & {
  readonly received: Received;
  readonly deadlineMs: number;
  readonly secret: string | undefined;
  readonly lastsMs: number;
};

async function carry(sink: SinkConfig, said: SinkMessage, call: Carrying): Promise<void> {
  if (sink.kind === "email") return sendEmail(sink, said, call);
  if (sink.kind === "grafana") return annotate(sink, said, call);
  const refusal = refusalIn(sink.kind, await exchange(requestOf(sink, said, call), call));
  if (refusal !== undefined) throw new SinkFault(refusal);
}

type PostedSink = Exclude<SinkConfig, { readonly kind: "email" | "grafana" }>;

/** The one request of a sink that takes a message as a POST. */
function requestOf(sink: PostedSink, said: SinkMessage, { secret: key, lastsMs, now: clock }: Carrying) {
  const json = { "content-type": "application/json", "x-retriever-id": said.message.key };
  const { url } = sink;
  const now = clock();
  switch (sink.kind) {
    case "webhook":
      return { url, ...renderWebhook(sink, said, { key, now }) };
    case "slack": {
      const body = renderSlack(sink, said);
      return { url, body, headers: { ...json, ...signatureOf(said, body, { key, now }) } };
    }
    case "teams":
      return { url, body: renderTeams(sink, said), headers: json };
    case "pagerduty":
      return { url, body: renderPagerDuty(sink, said, key), headers: json };
    case "alertmanager": {
      const bearer = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const body = renderAlertmanager(sink, said, { now, lastsMs });
      return { url: `${url.replace(/\/$/, "")}/api/v2/alerts`, body, headers: { ...json, ...bearer } };
    }
  }
}

async function secretOf(sink: SinkConfig): Promise<string | undefined> {
  const secretFile = "secretFile" in sink ? sink.secretFile : undefined;
  if (secretFile === undefined) return undefined;
  let held: string;
  try {
    held = await readFile(secretFile, "utf8");
  } catch {
    throw new SinkFault("its secretFile can't be read");
  }
  const read = readCredentialText(held);
  if ("text" in read) return read.text;
  throw new SinkFault(`its secretFile ${read.fault}`);
}
