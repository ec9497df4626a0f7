// All migrations at a glance: a row each, with the columns of `kubectl retriever get` and why it goes no further.

import { element, type Markup } from "@retriever/operator/page/markup.ts";
import { clipped, counted } from "@retriever/operator/page/words.ts";
import { listHead, listRow } from "#commands/show/list-migrations.ts";
import { exitCodeOfStatus, exitCodes } from "#output/exit-codes.ts";
import { phaseWords, readyWord } from "#output/render-status.ts";
import type { Fragment } from "./fragments.ts";
import type { LiveMigration } from "./live-migrations.ts";

/** The whole of it is on the migration's page. */
const longestWhy = 200;

/** What the command `status` says of it by its exit code. */
const countedCodes = [
  [exitCodes.waitingForPerson, "waiting for a person"],
  [exitCodes.rolledBackOrStalled, "going back, rolled back or stalled"],
] as const;

const head = ["NAME", "NAMESPACE", ...listHead.slice(2), "WHY"];

/** Path of a migration's page below the base. */
export function pagePath({ namespace, name }: Pick<LiveMigration, "namespace" | "name">): string {
  return `m/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** The summary and the table; the table is sent whole only when rows come or go. */
export function listFragments(migrations: readonly LiveMigration[], base: string, now: number): readonly Fragment[] {
  const rows = migrations.map((migration) => rowFragment(migration, base, now));
  const heads = head.map((word) => element("th", { role: "columnheader", scope: "col" }, word));
  const table = element(
    "div",
    { id: "migrations", class: "wide", role: "region", "aria-label": "Migrations", tabindex: "0" },
    element(
      "table",
      { role: "table", "aria-label": "Migrations" },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)),
      element("tbody", { role: "rowgroup" }, ...rows.map(({ html }) => ({ markup: html }))),
    ),
  );
  const codes = migrations.map(({ view }) => (view === undefined ? exitCodes.error : exitCodeOfStatus(view.status)));
  const summary = [
    counted(migrations.length, "migration"),
    ...countedCodes.flatMap(([code, words]) => {
      const count = codes.filter((one) => one === code).length;
      return count === 0 ? [] : [`${count} ${words}`];
    }),
  ].join(", ");
  return [
    {
      id: "heading",
      html: element("div", { id: "heading" }, element("h1", {}, "Migrations"), element("p", {}, summary)).markup,
    },
    { id: "migrations", html: table.markup, parts: rows },
  ];
}

/** Rows as they were rendered last: of many migrations few change. */
const rendered = new WeakMap<LiveMigration, { readonly cells: string; readonly fragment: Fragment }>();

function rowFragment(migration: LiveMigration, base: string, now: number): Fragment {
  const { view } = migration;
  const words = view === undefined ? [] : listRow(view, now);
  const cells = words.join("|");
  const known = rendered.get(migration);
  if (known?.cells === cells) return known.fragment;
  const fragment = renderRow(migration, words, base);
  rendered.set(migration, { cells, fragment });
  return fragment;
}

function renderRow(migration: LiveMigration, words: readonly string[], base: string): Fragment {
  const { namespace, name, view, fault } = migration;
  const id = `row-${namespace}.${name}`;
  const link = element("a", { id: `${id}-link`, href: `${base}${pagePath(migration)}` }, name);
  const cells: readonly (Markup | string)[] =
    view === undefined
      ? [namespace, ...listHead.slice(2).map(() => "-"), fault ?? ""]
      : [namespace, phaseCell(view), ...words.slice(3), clipped(view.status.message, longestWhy)];
  const markup = element(
    "tr",
    { id, role: "row" },
    element("td", { role: "rowheader" }, link),
    ...cells.map((cell, index) =>
      element("td", { role: "cell", class: classOf(cell, head[index + 1]), "data-title": head[index + 1] }, cell),
    ),
  );
  return { id, html: markup.markup };
}

/** The sentence one came for is broken anywhere, so that no long word of it pushes it out of the window. */
function classOf(cell: Markup | string, title: string | undefined): string | undefined {
  if (title === "WHY") return "why";
  return cell === "-" ? "none" : undefined;
}

/** The word, with its colour beside it. */
export function phaseCell({ status }: { readonly status: Parameters<typeof phaseWords>[0] }): Markup {
  const ready = readyWord(status);
  return element(
    "span",
    { class: `badge b-${status.phase}` },
    `${phaseWords(status)}${ready === "" ? "" : `, ${ready}`}`,
  );
}
