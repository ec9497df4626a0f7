// An act that somebody confirmed: the command itself is run, and its lines are sent as they come.
import type { ServerResponse } from "node:http";
import { element } from "@retriever/operator/page/markup.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { createAct } from "#commands/acts/act.ts";
import type { KubeClient } from "#kube-client.ts";
import type { ReachedCluster } from "#output/cluster-word.ts";
import { tellFault } from "#output/tell-fault.ts";
import { guarded, type Terminal } from "#output/terminal.ts";
import { outcomeWord, type ReadForm } from "./act-page.ts";
import type { OfferedAct } from "./offered-acts.ts";

type Asked = {
  readonly namespace: string;
  readonly name: string;
  readonly offered: Pick<OfferedAct, "act" | "command" | "equals">;
  readonly form: Extract<ReadForm, { ok: true }>;
};

type Tools = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly cluster: ReachedCluster;
};

/** Runs it whether the browser stays or not; never rejects. `write` takes parts of the page's content. The exit code. */
export async function runAct(
  { namespace, name, offered, form }: Asked,
  tools: Tools,
  write: (html: string) => void,
): Promise<number> {
  const line = (text: string) => write(element("p", { class: "line" }, text).markup);
  const terminal = guarded(lineTerminal(line));
  const asked = { namespace, name, act: offered.act, reason: form.reason, ...form.options };
  const code = await createAct(asked, { ...tools, terminal }, tools.signal).catch((fault: unknown) =>
    tellFault(fault, { terminal, signal: tools.signal }),
  );
  write(element("p", { role: "status" }, outcomeWord(code)).markup);
  return code;
}

/** A terminal that nobody sits at, and that hands on every line. */
function lineTerminal(line: (text: string) => void): Terminal {
  return {
    isTty: false,
    color: false,
    columns: () => 80,
    rows: () => 24,
    print: line,
    show: line,
    data: line,
    warn: line,
    frame: () => undefined,
    endFrames: () => undefined,
  };
}

/** Sends a page in parts: begin, what is written, end. A browser that went away stops nothing. */
export function sendInParts(
  response: ServerResponse,
  whole: string,
): { write: (html: string) => void; end: () => void } {
  const [before = "", after = ""] = whole.split(placeholder);
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.write(before);
  return { write: (html) => void response.write(html), end: () => void response.end(after) };
}

/** Stands in a page where its parts go. */
export const placeholder = "<!--parts-->";
