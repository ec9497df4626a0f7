// Sinks over HTTP: one POST, a deadline, no redirects, nothing of the answer but its status.
import { readFile } from "node:fs/promises";
import { readCredentialText } from "@retriever/stores/config/credential-text.ts";
import { Agent, request } from "undici";
import { faultWord } from "#http/exchange.ts";
import { render } from "#notify/render.ts";
import type { SinkConfig } from "#notify/sinks-file.ts";
import type { Sinks } from "#ports/sinks.ts";

type HttpSinksOptions = {
  readonly sinks: readonly SinkConfig[];
  /** Of one message, in ms. */
  readonly deadlineMs: number;
};

/** Sends to the configured sinks. Keys are read anew for each message, so that they can be rotated. */
export function makeHttpSinks({ sinks, deadlineMs }: HttpSinksOptions): Sinks {
  const dispatcher = new Agent({ connections: 4, bodyTimeout: deadlineMs, headersTimeout: deadlineMs });
  const byName = new Map(sinks.map((sink) => [sink.name, sink]));
  return {
    send: async (name, message, signal) => {
      const sink = byName.get(name);
      if (sink === undefined) throw new Error("no sink of this name is configured");
      const { headers, body } = render(sink, message, await keyOf(sink));
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
      const status = await post(sink.url, { headers, body, dispatcher, signal: deadline });
      if (status < 200 || status > 299) throw new Error(`HTTP ${status}`);
    },
    close: () => dispatcher.destroy(),
  };
}

async function keyOf({ secretFile }: SinkConfig): Promise<string | undefined> {
  if (secretFile === undefined) return undefined;
  let held: string;
  try {
    held = await readFile(secretFile, "utf8");
  } catch {
    throw new Error("its secretFile can't be read");
  }
  const read = readCredentialText(held);
  if ("text" in read) return read.text;
  throw new Error(`its secretFile ${read.fault}`);
}

type Post = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly dispatcher: Agent;
  readonly signal: AbortSignal;
};

/** The status of the answer. A transport fault is told by its code alone: its text may hold the address. */
async function post(url: string, options: Post): Promise<number> {
  try {
    const answer = await request(url, { method: "POST", ...options });
    await answer.body.dump({ limit: 65_536, signal: options.signal });
    return answer.statusCode;
  } catch (fault) {
    if (options.signal.aborted) throw new Error("no answer within the deadline", { cause: fault });
    throw new Error(faultWord(fault), { cause: fault });
  }
}
