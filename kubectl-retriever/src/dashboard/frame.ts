// The frame of every page: head, skip link, where the data comes from and how old it is. No script or style in the text.

import { element, group, type Markup } from "@retriever/operator/page/markup.ts";
import { spanWord } from "@retriever/operator/page/words.ts";
import { clusterWord } from "#output/cluster-word.ts";
import { remedyFor } from "#output/tell-fault.ts";
import type { Fragment } from "./fragments.ts";
import type { Connection } from "./live-migrations.ts";

type Frame = {
  /** Path of all pages, with slashes at both ends. */
  readonly base: string;
  readonly title: string;
  /** The context's name: of several dashboards in one browser it tells which is which. */
  readonly context: string;
  /** Live pages: which one, and the digest of what is in it. */
  readonly live?: { readonly page: string; readonly digest: string };
  readonly connection?: Fragment;
  readonly content: Markup;
};

/** The whole document. */
export function renderFrame({ base, title, context, live, connection, content }: Frame): string {
  const head = element(
    "head",
    {},
    element("meta", { charset: "utf-8" }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("title", {}, [title, context, "retriever"].filter((word) => word !== "").join(" - ")),
    element("link", { rel: "stylesheet", href: `${base}style.css` }),
    live === undefined ? undefined : element("script", { type: "module", src: `${base}client.mjs` }),
  );
  const body = element(
    "body",
    live === undefined ? {} : { "data-base": base, "data-page": live.page, "data-shown": live.digest },
    element("a", { class: "skip", href: "#main" }, "Skip to the content"),
    element(
      "header",
      { class: "top" },
      element("nav", { "aria-label": "Pages" }, element("a", { href: base }, "All migrations")),
      connection === undefined ? undefined : { markup: connection.html },
      element("p", { id: "silence", class: "fault", hidden: "" }, "No answer from this dashboard."),
      live === undefined
        ? undefined
        : element(
            "noscript",
            {},
            element("p", { class: "fault" }, "Without scripts this page is as old as its loading."),
          ),
    ),
    element("main", { id: "main", tabindex: "-1" }, content),
  );
  return `<!doctype html>\n<html lang="en">${group(head, body).markup}</html>\n`;
}

export type Standing = {
  readonly connection: Connection;
  readonly server: string;
  readonly context: string;
  readonly you: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly now: number;
  /** How far the viewer's clock is ahead of the server's, by which all of it is shown. */
  readonly clockAheadMs: number;
};

/** Who looks at which server, and how old what it said is. Greys the page where the server says nothing any more. */
export function connectionFragment({
  connection,
  server,
  context,
  you,
  namespace,
  now,
  clockAheadMs,
}: Standing): Fragment {
  const { kind, heardAt, fault } = connection;
  const age = heardAt === undefined ? undefined : spanWord((now - heardAt) / 1000);
  const where = namespace === undefined ? "all namespaces" : `namespace ${namespace}`;
  const words = { connecting: "Asking", live: "Live from", lost: "NOT LIVE:" }[kind];
  const lost =
    kind === "lost" && fault !== undefined
      ? element(
          "p",
          { class: "fault" },
          `${age === undefined ? "Nothing was read yet" : `What is shown is ${age} old`}. ${fault.code}: ${fault.message}. ${remedyFor(fault, server)} This page goes on by itself once it can.`,
        )
      : undefined;
  const line = element(
    "p",
    {},
    element("strong", {}, words),
    ` ${clusterWord({ context, server })}, ${where}${age === undefined ? "" : `, heard ${age} ago`}; you are ${you === "" ? "unknown" : you}`,
  );
  const aside = clockAheadMs > 0 ? "ahead of" : "behind";
  const clocks =
    clockAheadMs === 0
      ? undefined
      : element(
          "p",
          {},
          `This computer's clock is ${spanWord(Math.abs(clockAheadMs) / 1000)} ${aside} the API server's: times and ages are by the server's.`,
        );
  const markup = element("div", { id: "connection", class: `connection ${kind}` }, line, clocks, lost);
  return { id: "connection", html: markup.markup };
}
