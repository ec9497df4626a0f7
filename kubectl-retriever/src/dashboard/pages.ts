// Which page a path is, and what is on it now.
import { asOperatorError } from "@retriever/operator/errors.ts";
import { element, group, type Markup } from "@retriever/operator/page/markup.ts";
import type { Fragment } from "./fragments.ts";
import { connectionFragment, renderFrame, type Standing } from "./frame.ts";
import { listFragments, pagePath } from "./list-page.ts";
import type { LiveMigration, LiveMigrations } from "./live-migrations.ts";
import { layMigrationOut, migrationFragments, phaseAnnouncement, renderActs } from "./migration-page.ts";
import { type OfferedAct, offeredActs, redActs } from "./offered-acts.ts";
import type { Viewed } from "./viewed.ts";

type Sources = {
  readonly live: Pick<LiveMigrations, "all" | "get" | "connection">;
  readonly viewed: Pick<Viewed, "get">;
  /** Path of all pages, with slashes at both ends. */
  readonly base: string;
  readonly standing: () => Omit<Standing, "connection">;
  /** What the commands that acts equal need to reach the same cluster, with a space before each. */
  readonly flags?: string;
};

export type Pages = {
  /** What a page shows, by its path below the base: the connection first. */
  readonly fragments: (page: string) => readonly Fragment[];
  /** The whole page of those fragments. */
  readonly document: (page: string, fragments: readonly Fragment[], digest: string) => string;
  /** The migration that a page is about; undefined of the list and where there is none. */
  readonly migrationOf: (page: string) => LiveMigration | undefined;
  readonly actsOf: (migration: LiveMigration) => readonly OfferedAct[];
  /** Of a migration that can't be read. */
  readonly redActsOf: (subject: Subject) => readonly OfferedAct[];
};

type Subject = { readonly namespace: string; readonly name: string };

/** `m/namespace/name`, decoded. */
export function subjectOf(page: string): Subject | undefined {
  const [, namespace, name] = /^m\/([^/]+)\/([^/]+)$/.exec(page) ?? [];
  try {
    return namespace === undefined || name === undefined
      ? undefined
      : { namespace: decodeURIComponent(namespace), name: decodeURIComponent(name) };
  } catch {
    return undefined;
  }
}

function layOut(page: string, parts: readonly Fragment[]): Markup {
  const [announced, ...rest] = parts;
  if (page !== "" && announced !== undefined) return layMigrationOut(announced, rest);
  return group(...parts.map(({ html }): Markup => ({ markup: html })));
}

export function makePages({ live, viewed, base, standing, flags = "" }: Sources): Pages {
  const migrationOf = (page: string) => {
    const subject = subjectOf(page);
    return subject === undefined ? undefined : live.get(subject.namespace, subject.name);
  };
  const actsOf = (migration: LiveMigration) => {
    const { missing } = viewed.get(migration);
    const { you, now } = standing();
    return migration.view === undefined ? [] : offeredActs(migration.view, missing, { you, now, flags });
  };
  const redActsOf = (subject: Subject) => redActs(subject, flags);
  const absent = (page: string, why: string) => absentFragments(page, { why, base, redActsOf });
  const partsOf = (page: string): readonly Fragment[] => {
    if (page === "") return listFragments(live.all(), base, standing().now);
    const migration = migrationOf(page);
    const { view } = migration ?? {};
    if (migration === undefined || view === undefined) return absent(page, migration?.fault ?? notThere);
    const { missing: _missing, ...beside } = viewed.get(migration);
    const path = `${base}${pagePath(migration)}`;
    const content = { view, acts: actsOf(migration), ...beside, path, now: standing().now };
    return [phaseAnnouncement(view), ...migrationFragments(content)];
  };
  /** A status that can't be drawn takes nothing down but its page's content. */
  const shownParts = (page: string): readonly Fragment[] => {
    try {
      return partsOf(page);
    } catch (fault) {
      const why = `It can't be shown: ${asOperatorError(fault).message}`;
      const heading = element("div", { id: "heading" }, element("h1", {}, "Migrations"), element("p", {}, why));
      if (page === "") return [{ id: "heading", html: heading.markup }];
      return absent(page, why);
    }
  };
  return {
    migrationOf,
    actsOf,
    redActsOf,
    fragments: (page) => [connectionFragment({ ...standing(), connection: live.connection }), ...shownParts(page)],
    document: (page, [connection, ...parts], digest) =>
      renderFrame({
        base,
        title: subjectOf(page)?.name ?? "Migrations",
        context: standing().context,
        live: { page, digest },
        ...(connection === undefined ? {} : { connection }),
        content: layOut(page, parts),
      }),
  };
}

const notThere = "There is no such migration, or it was deleted, or it hasn't been read yet.";

/** A migration that isn't there or can't be read: the same parts, empty, so that they fill by themselves. Red acts stay. */
function absentFragments(
  page: string,
  { why, base, redActsOf }: { readonly why: string } & Pick<Sources, "base"> & Pick<Pages, "redActsOf">,
): readonly Fragment[] {
  const subject = subjectOf(page) ?? { namespace: "", name: page };
  const words = `${subject.namespace}/${subject.name}: ${why}`;
  const facts = element(
    "section",
    { id: "facts" },
    element("h1", {}, subject.name, element("small", {}, ` in ${subject.namespace}`)),
    element("p", { class: "fault" }, why),
  );
  const acts = element(
    "section",
    { id: "acts", "aria-labelledby": "acts-title" },
    renderActs(redActsOf(subject), `${base}${page}`),
  );
  const empty = (id: string): Fragment => ({ id, html: element("div", { id }).markup });
  return [
    { id: "announced", html: element("span", { id: "announced" }, words).markup },
    { id: "facts", html: facts.markup },
    { id: "acts", html: acts.markup },
    ...["path", "evidence", "charts", "pods", "checks", "story"].map(empty),
  ];
}
