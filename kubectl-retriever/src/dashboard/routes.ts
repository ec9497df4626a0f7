// What the dashboard answers to whoever may ask: pages, streams of changes, acts.
import type { IncomingMessage, ServerResponse } from "node:http";
import { element, group, type Markup } from "@retriever/operator/page/markup.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import type { KubeClient } from "#kube-client.ts";
import { clusterWord, type ReachedCluster } from "#output/cluster-word.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { actHeading, readActForm, renderActForm } from "./act-page.ts";
import { placeholder, runAct, sendInParts } from "./answer-act.ts";
import { clientScript } from "./assets.ts";
import { dashboardStyle } from "./dashboard-style.ts";
import { renderFrame } from "./frame.ts";
import { pagePath } from "./list-page.ts";
import type { LiveMigration } from "./live-migrations.ts";
import { type OfferedAct, rolesOf } from "./offered-acts.ts";
import { type Pages, subjectOf } from "./pages.ts";
import type { Streams } from "./streams.ts";

/** What is served. */
export type Served = {
  readonly pages: Pages;
  readonly streams: Streams;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The viewer, as the API server knows him. */
  readonly you: string;
  readonly cluster: ReachedCluster;
};

/** With the path of all pages, with slashes at both ends. */
type Site = Served & { readonly base: string };

const noPage = "there is no such page\n";
/** A report of 8192 characters, each as nine characters of a form. */
const mostBodyBytes = 96 * 1024;

/** Pages, streams, style and script. */
export function answerGet(path: string, query: URLSearchParams, response: ServerResponse, site: Site): void {
  const { pages, streams } = site;
  if (path === "style.css") return send(response, 200, "text/css", dashboardStyle);
  if (path === "client.mjs") return send(response, 200, "text/javascript", clientScript());
  if (path === "events") {
    const page = query.get("page") ?? "";
    if (page !== "" && subjectOf(page) === undefined) return send(response, 404, "text/plain", noPage);
    const isOpen = streams.open(page, query.get("shown") ?? "", response);
    return isOpen
      ? undefined
      : send(response, 503, "text/plain", "too many tabs of this dashboard are open: close one\n");
  }
  const asked = askedAct(path, site);
  if (asked !== undefined) return send(response, 200, "text/html", formDocument(asked, site));
  if (path !== "" && subjectOf(path) === undefined) return send(response, 404, "text/plain", noPage);
  const { fragments, digest } = streams.renderWhole(path);
  return send(response, 200, "text/html", pages.document(path, fragments, digest));
}

type AskedAct = {
  readonly subject: { readonly namespace: string; readonly name: string };
  readonly migration: LiveMigration | undefined;
  readonly offered: OfferedAct;
};

/** `m/namespace/name/act/command`. Of a migration that can't be read the red acts alone are known, and they are enough. */
function askedAct(path: string, { pages }: Site): AskedAct | undefined {
  const [, page = "", command] = /^(m\/[^/]+\/[^/]+)\/act\/([a-z-]+)$/.exec(path) ?? [];
  const subject = subjectOf(page);
  if (subject === undefined) return undefined;
  const migration = pages.migrationOf(page);
  const acts = migration?.view === undefined ? pages.redActsOf(subject) : pages.actsOf(migration);
  const offered = acts.find((one) => one.command === command);
  return offered === undefined ? undefined : { subject, migration, offered };
}

function formDocument(asked: AskedAct, site: Site): string {
  return actDocument(asked, site, formOf(asked, site));
}

function formOf(
  { offered, subject, migration }: AskedAct,
  { base, you, cluster }: Site,
  typed?: URLSearchParams,
): Markup {
  const view = migration?.view;
  return renderActForm({
    ...subject,
    offered,
    you,
    cluster: clusterWord(cluster),
    roles: view === undefined ? [] : rolesOf(view),
    uid: view?.uid ?? "",
    planHash: view?.status.planHash ?? "",
    path: `${base}${pagePath(subject)}`,
    ...(typed === undefined ? {} : { typed }),
  });
}

function actDocument({ offered, subject }: AskedAct, { base, cluster }: Site, content: Markup): string {
  return renderFrame({ base, title: `${offered.command} ${subject.name}`, context: cluster.context, content });
}

/** An act that was confirmed. */
export async function answerPost(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
): Promise<void> {
  const asked = askedAct(path, site);
  if (asked === undefined) return send(response, 404, "text/plain", "there is no such act\n");
  if (request.headers["content-type"] !== "application/x-www-form-urlencoded")
    return send(response, 415, "text/plain", "expected a form\n");
  const body = await readBody(request);
  if (body === undefined) {
    // What is left of it isn't read.
    response.setHeader("connection", "close");
    return send(response, 413, "text/plain", `a form has at most ${mostBodyBytes} bytes\n`);
  }
  const { offered, subject } = asked;
  const sent = new URLSearchParams(body);
  const form = readActForm(offered.act, offered.isRed, subject.name, sent);
  const back = element("p", {}, element("a", { href: `${site.base}${pagePath(subject)}` }, "Back to the migration"));
  const head = actHeading({ ...subject, offered, cluster: clusterWord(site.cluster) });
  if (!form.ok) {
    const fault = element("p", { class: "fault", role: "alert" }, `Nothing was written: ${form.why}.`);
    const content = group(fault, formOf(asked, site, sent));
    return send(response, 400, "text/html", actDocument(asked, site, content));
  }
  const line = element("p", {}, element("code", {}, offered.equals));
  const whole = actDocument(asked, site, group(head, line, { markup: placeholder }, back));
  const { write, end } = sendInParts(response, whole);
  const code = await runAct({ ...subject, offered, form }, site, write);
  // What took long to type isn't lost with a refusal or a lost login.
  if (!offered.isRed && !isWritten.includes(code)) write(formOf(asked, site, sent).markup);
  end();
}

/** With these the act lies there, or may. */
const isWritten: readonly number[] = [exitCodes.ok, exitCodes.timeOut, exitCodes.interrupted];

/** Undefined where it is longer than any form of ours. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBodyBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** A whole answer. */
export function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8` });
  response.end(text);
}
