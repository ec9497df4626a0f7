// The report as one page that needs nothing else.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import { dataTable } from "#page/data-table.ts";
import { banner, definitions, factList, renderDocument } from "#page/document.ts";
import { evidenceTiles } from "#page/evidence-tiles.ts";
import { element, group, type Markup } from "#page/markup.ts";
import { timelineFigure } from "#page/timeline-table.ts";
import { countWord, instantWord } from "#page/words.ts";
import type { Artifact, Report, StoryEntry } from "./report.ts";
import { evidenceLine, impactLines, summaryLine, tablesOf } from "./report-words.ts";

const caption =
  "Shares are over five minutes; dashed lines are their limits, on square-root scales. Time runs at another speed in each " +
  "phase. Circles are decisions, squares are what somebody was called for. Numbers lead to the table.";

/** The whole document. */
export function renderReportPage(report: Report): string {
  const { migration, result, timeline, stages, postmortem } = report;
  const name = `${migration.namespace}/${migration.name}`;
  const last = stages.at(-1);
  return renderDocument(
    `Report of ${name}`,
    banner(
      result.mood,
      result.headline,
      `${name}: ${report.source} to ${report.destination}`,
      summaryLine(report),
      evidenceLine(report),
    ),
    facts(report),
    section("Gates over time", timelineFigure(timeline, caption)),
    ...(last === undefined ? [] : [section(`Variance: ${last.label}`, evidenceTiles(last.rows))]),
    ...tablesOf(report).map(({ title, note, table }) =>
      section(title, note === "" ? undefined : element("p", {}, note), dataTable({ caption: title, ...table })),
    ),
    section("Decisions", story(report)),
    section("Impact on users", element("ul", {}, ...impactLines(report.impact).map((line) => element("li", {}, line)))),
    section("Artifacts to update", ...report.artifacts.map(artifact)),
    ...(postmortem === null
      ? []
      : [
          section(
            "Postmortem, a draft",
            element("pre", { tabindex: 0 }, { markup: element("code", {}, ...lines(postmortem)).markup }),
          ),
        ]),
  );
}

function section(title: string, ...children: readonly (Markup | undefined)[]): Markup {
  return group(element("h2", {}, title), ...children);
}

/** Lines stay lines: each is escaped by itself. */
function lines(text: string): Markup[] {
  return text.split("\n").map((line) => group(line, { markup: "\n" }));
}

function facts({ result, seconds, impact, epoch, story, acts, evidence }: Report): Markup {
  const pages = story.filter(({ severity }) => severity === "page").length;
  return factList([
    { mood: result.mood, word: result.isFinal ? "ended in" : "stands in", value: result.phase },
    { word: "took", value: printDuration(Math.round(seconds)) },
    { word: "on the destination", value: impact === null ? "never" : printDuration(Math.round(impact.seconds)) },
    { mood: pages > 0 ? "warn" : "", word: "pages", value: String(pages) },
    { word: "revisions", value: String(epoch) },
    { word: "acts of people", value: String(acts.length) },
    { mood: evidence.fault === null ? "good" : "bad", word: "records", value: countWord(evidence.records) },
  ]);
}

function story({ story: entries, storyLeftOut }: Report): Markup {
  const columns = [
    { title: "#", kind: "n" },
    { title: "time", kind: "t" },
    { title: "phase", kind: "t" },
    { title: "reason", kind: "r" },
    { title: "what", kind: "w" },
  ];
  const rows = entries.map((entry) => ({ id: `d${entry.number}`, kind: rowKind(entry), cells: cellsOf(entry) }));
  return group(
    storyLeftOut === 0
      ? undefined
      : element("p", {}, `${countWord(storyLeftOut)} more are left out; the evidence has them.`),
    dataTable({ caption: "Decisions", columns, rows }),
  );
}

function cellsOf({ number, at, label, reason, message }: StoryEntry): string[] {
  return [String(number), instantWord(at), label, reason, message];
}

function rowKind({ severity, moved }: StoryEntry): string {
  if (severity === "page") return "alarm";
  return moved || severity !== null ? "decision" : "minor";
}

function artifact({ title, state, note, content }: Artifact): Markup {
  const box = { done: "[x]", open: "[ ]", "nothing to do": "[-]" }[state];
  return group(
    definitions([[`${box} ${title}`, `${state}. ${note}`]]),
    content === null ? undefined : element("pre", { tabindex: 0 }, element("code", {}, ...lines(content.text))),
  );
}
