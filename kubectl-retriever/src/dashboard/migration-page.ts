// One migration, from top left: phase and time left, who serves, the rollback path, what happens next; then what it rests on.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { type EvidenceRow, evidenceRows } from "@retriever/operator/page/evidence-rows.ts";
import { evidenceTiles } from "@retriever/operator/page/evidence-tiles.ts";
import { element, group, type Markup } from "@retriever/operator/page/markup.ts";
import { timelineFigure } from "@retriever/operator/page/timeline-table.ts";
import { sinceWord } from "@retriever/operator/page/words.ts";
import type { MigrationEvent } from "#kube-client.ts";
import type { MigrationView } from "#output/migration-view.ts";
import { progressLines } from "#output/progress-lines.ts";
import { detailRows, phaseWords, readyWord, rollbackPathLine } from "#output/render-status.ts";
import { servingOf, unattendedLine } from "#output/serving.ts";
import type { Fragment } from "./fragments.ts";
import { phaseCell } from "./list-page.ts";
import { liveTimeline } from "./live-timeline.ts";
import { isPressable, type OfferedAct } from "./offered-acts.ts";
import { renderPath } from "./path.ts";
import { anchorOf, storyOf } from "./story.ts";
import type { TimelinePoint } from "./timeline-points.ts";

type MigrationPage = {
  readonly view: MigrationView;
  readonly acts: readonly OfferedAct[];
  readonly events: readonly MigrationEvent[];
  /** Why the events can't be read; empty when they can. */
  readonly eventsFault: string;
  readonly points: readonly TimelinePoint[];
  /** Why the charts begin where they do; empty where nothing is to be said. */
  readonly evidenceFault: string;
  /** Path of this page. */
  readonly path: string;
  /** Epoch ms. */
  readonly now: number;
};

/** The parts of the page, in their order. */
export function migrationFragments(page: MigrationPage): readonly Fragment[] {
  const { view, now } = page;
  return [
    fragment("facts", factsOf(view, now)),
    fragment("acts", renderActs(page.acts, page.path)),
    fragment("path", titled("path", "Path", renderPath(view))),
    fragment("evidence", evidenceOf(view)),
    fragment("charts", chartsOf(page)),
    fragment("pods", detailsOf(view)),
    fragment("checks", checksOf(view)),
    { id: "story", html: storyEntries(page).markup },
  ];
}

/** What a screen reader is told when it changes, and nothing else. */
export function phaseAnnouncement({ status, namespace, name }: MigrationView): Fragment {
  const ready = readyWord(status);
  const words = `${namespace}/${name}: ${phaseWords(status)}${ready === "" ? "" : `, ${ready}`}`;
  return { id: "announced", html: element("span", { id: "announced" }, words).markup };
}

function fragment(id: string, content: Markup): Fragment {
  return { id, html: element("section", { id, "aria-labelledby": `${id}-title` }, content).markup };
}

function titled(id: string, title: string, ...content: readonly (Markup | undefined)[]): Markup {
  return group(element("h2", { id: `${id}-title` }, title), ...content);
}

function factsOf(view: MigrationView, now: number): Markup {
  const { status, name, namespace, deleting } = view;
  const since = sinceWord(status.phaseStartedAt, now);
  const rollback = rollbackPathLine(status);
  const kind = rollback === undefined ? "" : { ready: "good", "NOT READY": "bad", unknown: "warn" }[rollback.word];
  const message = status.message === "" ? "Nothing stands in its way." : status.message;
  // What is left to do may be the very sentence that is said beside it.
  const progress = progressLines(view, now)
    .filter(({ rest }) => rest !== status.message)
    .map(({ word, rest }) => `${word} ${rest}`);
  return group(
    element(
      "h1",
      { id: "facts-title" },
      name,
      element("small", {}, ` in ${namespace}${deleting ? ", being deleted" : ""}`),
    ),
    element(
      "dl",
      { class: "overview" },
      fact("PHASE", phaseCell(view), [since === undefined ? "" : `${since} in phase`, ...progress]),
      servingFact(view),
      fact(
        "ROLLBACK PATH",
        rollback?.word ?? unjudgedPath[status.phase] ?? "not judged yet",
        [rollback?.rest ?? ""],
        kind,
      ),
      fact(isFinalPhase(status.phase) ? "RESULT" : "WHAT HAPPENS NEXT", "", [unattendedLine(view), message]),
    ),
  );
}

function servingFact(view: MigrationView): Markup {
  const { word, doubts, isMixed } = servingOf(view);
  return fact("SERVING", word, [...doubts, `epoch ${view.status.epoch}`], isMixed ? "warn" : "");
}

/** Where nobody judges it any more. */
const unjudgedPath: Readonly<Partial<Record<Phase, string>>> = {
  Completed: "ended with the guard",
  RolledBack: "taken",
  Validated: "not needed",
};

function fact(title: string, value: Markup | string, lines: readonly string[], kind = ""): Markup {
  return element(
    "div",
    { class: kind === "" ? "fact" : `fact ${kind}` },
    element("dt", {}, title),
    value === "" ? undefined : element("dd", { class: "value" }, value),
    ...lines.filter((line) => line !== "").map((line) => element("dd", {}, line)),
  );
}

/** What can be pressed, and folded away what can't and why. */
export function renderActs(acts: readonly OfferedAct[], path: string): Markup {
  const [now, others] = [acts.filter(isPressable), acts.filter((act) => !isPressable(act))];
  return titled(
    "acts",
    "Acts",
    element("ul", { class: "acts" }, ...now.map((act, index) => element("li", {}, pressable(act, path, index === 0)))),
    others.length === 0
      ? undefined
      : element(
          "details",
          { id: "not-now" },
          element("summary", { id: "not-now-title" }, `${others.length} more, not possible now`),
          element("ul", { class: "acts" }, ...others.map((act) => element("li", {}, greyed(act)))),
        ),
  );
}

/** One red button catches the eye: the first act, which is Rollback. */
function pressable({ command, about, isRed, missing, equals }: OfferedAct, path: string, isFirst: boolean): Markup {
  const id = `act-${command}`;
  const kind = isFirst ? "button red" : "button red second";
  return group(
    element(
      "a",
      { id, class: isRed ? kind : "button", href: `${path}/act/${command}`, "aria-describedby": `${id}-about` },
      command,
    ),
    element(
      "span",
      { id: `${id}-about` },
      `${about}. `,
      missing === undefined
        ? undefined
        : element("strong", {}, `You seem to lack the right to ${missing}; it is tried all the same. `),
      element("code", {}, equals),
    ),
  );
}

function greyed({ command, about, missing, refusal }: OfferedAct): Markup {
  const why = missing === undefined ? (refusal ?? "") : `you lack the right to ${missing}`;
  const id = `act-${command}`;
  return group(
    element(
      "a",
      { id, class: "button", role: "link", "aria-disabled": "true", "aria-describedby": `${id}-about` },
      command,
    ),
    element("span", { id: `${id}-about` }, `${about}. Not now: ${why}`),
  );
}

function evidenceOf({ status, plan }: MigrationView): Markup {
  const rows = evidenceRows(status, plan);
  const part = (kind: EvidenceRow["kind"], title: string): Markup | undefined => {
    const own = rows.filter((row) => row.kind === kind);
    return own.length === 0 ? undefined : group(element("h3", {}, title), evidenceTiles(own));
  };
  const nothing = rows.length === 0 ? element("p", {}, "Nothing is judged yet.") : undefined;
  return titled("evidence", "Gates and harm", part("gate", "Gates"), part("harm", "Harm"), nothing);
}

function chartsOf({ view, points, evidenceFault, now }: MigrationPage): Markup {
  const data = liveTimeline(view, points, now);
  const caption =
    "Shares against their limits, dashed, on square-root scales; time runs at another speed in each phase. Numbers count the steps of the story.";
  return titled(
    "charts",
    "Charts",
    evidenceFault === "" ? undefined : element("p", {}, evidenceFault),
    data === undefined ? element("p", {}, "Nothing has happened yet.") : timelineFigure(data, caption),
  );
}

function detailsOf(view: MigrationView): Markup {
  const rows = detailRows(view);
  return titled(
    "pods",
    "Pods and configuration",
    rows.length === 0 ? element("p", {}, "No pod is told anything yet.") : rowsList(rows),
  );
}

function rowsList(rows: readonly { readonly title: string; readonly word: string; readonly rest: string }[]): Markup {
  return element(
    "dl",
    { class: "rows" },
    ...rows.map(({ title, word, rest }) =>
      group(element("dt", {}, title), element("dd", {}, element("strong", {}, word), ` ${rest}`)),
    ),
  );
}

/** Comparisons of the stores, smoke tests, and what is open of the checklist. */
function checksOf({ status }: MigrationView): Markup {
  const runs = (status.verification?.runs ?? []).map(({ purpose, number, askedAt, job, result }) => ({
    title: `${purpose} ${number}`,
    word: result?.reason ?? "under way",
    rest: result === undefined ? `Job ${job} since ${askedAt}` : `${readWords(result.read)}${result.message}`,
  }));
  const tests = (status.smokeTests ?? []).map(({ cronJob, job, askedAt, result }) => ({
    title: cronJob,
    word: result === undefined ? "under way" : result.passed ? "passed" : "FAILED",
    rest: result?.message ?? `Job ${job} since ${askedAt}`,
  }));
  const { message: said } = status;
  const conditions = status.conditions.map(({ type, status: is, message }) => ({
    title: type,
    word: is,
    rest: message !== "" && message === said ? "as is said at the top" : message,
  }));
  const rows = [...runs, ...tests, ...conditions];
  return titled(
    "checks",
    "Comparisons and checks",
    rows.length === 0 ? element("p", {}, "None was asked for yet.") : rowsList(rows),
  );
}

function readWords(read: { readonly source: number; readonly destination: number } | undefined): string {
  return read === undefined ? "" : `chunks read: ${read.source} and ${read.destination}; `;
}

function storyEntries({ view, events, eventsFault, path }: MigrationPage): Markup {
  return element(
    "div",
    { id: "story" },
    eventsFault === "" ? undefined : element("p", { class: "fault" }, eventsFault),
    element(
      "ol",
      { class: "story" },
      ...storyOf(view.status, events).map((entry) => {
        const id = anchorOf(entry);
        const time = element("time", { datetime: entry.at }, entry.at);
        return element(
          "li",
          { id, class: entry.kind },
          element("a", { id: `${id}-link`, href: `${path}#${id}` }, time),
          element("strong", {}, ` ${entry.reason} `),
          element("small", {}, entry.kind),
          ` ${entry.text}`,
        );
      }),
    ),
  );
}

/** The parts with what is never replaced: the words for screen readers, and the filter of the story. */
export function layMigrationOut(announced: Fragment, fragments: readonly Fragment[]): Markup {
  const parts = fragments.map(({ html }): Markup => ({ markup: html }));
  return group(
    element("p", { class: "unseen", role: "status" }, { markup: announced.html }),
    ...parts.slice(0, -1),
    element(
      "section",
      { "aria-labelledby": "story-title" },
      element("h2", { id: "story-title" }, "Story"),
      element("label", { for: "filter" }, "Show only what has the words "),
      element("input", { id: "filter", type: "search", autocomplete: "off" }),
      parts.at(-1),
    ),
  );
}
