// A rehearsal as one page that needs nothing else: result, timeline, table. Pure: the same rehearsal, the same bytes.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import { dataTable } from "@retriever/operator/page/data-table.ts";
import { banner, definitions, factList, renderDocument } from "@retriever/operator/page/document.ts";
import { element, type Markup } from "@retriever/operator/page/markup.ts";
import { timelineFigure } from "@retriever/operator/page/timeline-table.ts";
import { clockWord, counted } from "@retriever/operator/page/words.ts";
import type { Entry, Rehearsal } from "#rehearse/rehearsal.ts";
import { phaseWord, type Title } from "#rehearse/render-text.ts";
import { decisionsOf, endedAt, summarise } from "#rehearse/summary.ts";
import type { Scenario } from "#scenario/scenario.ts";
import { isShown, kindOf, timelineOf } from "./rehearsal-timeline.ts";

type PageInput = {
  readonly title: Title;
  readonly spec: MigrationSpec;
  readonly scenario: Scenario;
  readonly rehearsal: Rehearsal;
};

/** The whole document. */
export function renderPage({ title, spec, scenario, rehearsal }: PageInput): string {
  const name = `${title.namespace}/${title.name}, ${title.scenario}`;
  const caption =
    "Shares are over the alert's window; dashed lines are their limits, on square-root scales. " +
    "Time runs at another speed after each phase and event. Squares are what the scenario did, or a page; circles are decisions. " +
    "Numbers lead to the table.";
  return renderDocument(
    `Rehearsal of ${name}`,
    banner(
      "",
      headline(rehearsal),
      `${name}: ${scenario.shows}`,
      `Virtual clock, production decisions, seed ${title.seed}. No cluster, no store was touched.`,
    ),
    facts(rehearsal),
    timelineFigure(timelineOf(spec, rehearsal), caption),
    element("h2", {}, "What happened"),
    table(rehearsal.entries),
    element("h2", {}, "What was played"),
    settings(spec, scenario, rehearsal),
  );
}

function headline(rehearsal: Rehearsal): string {
  const text = summarise(rehearsal);
  return text.length <= 180 ? text : `${text.slice(0, 179)}…`;
}

function facts(rehearsal: Rehearsal): Markup {
  const { status, ending } = rehearsal;
  const mood = status.phase === "RolledBack" ? "bad" : ending === "ended" ? "good" : "warn";
  const pages = decisionsOf(rehearsal).flatMap(({ announcements }) =>
    announcements.filter(({ severity }) => severity === "page"),
  );
  const served = servedByDestination(rehearsal);
  return factList([
    { mood, word: "ends in", value: status.phase },
    { word: "at", value: clockWord(endedAt(rehearsal)).slice(2) },
    { word: "on the destination", value: served === 0 ? "never" : printDuration(served) },
    { mood: pages.length > 0 ? "warn" : "", word: "pages", value: String(pages.length) },
    { word: "revisions", value: String(status.epoch) },
    { word: "decisions", value: String(decisionsOf(rehearsal).length) },
  ]);
}

/** Seconds in which the destination was primary. */
function servedByDestination({ points, seconds }: Rehearsal): number {
  return points.reduce((sum, point, index) => {
    const until = points[index + 1]?.seconds ?? seconds;
    return point.primary === "destination" ? sum + until - point.seconds : sum;
  }, 0);
}

function table(entries: readonly Entry[]): Markup {
  const columns = [
    { title: "#", kind: "n" },
    { title: "time", kind: "t" },
    { title: "phase", kind: "t" },
    { title: "reason", kind: "r" },
    { title: "what", kind: "w" },
  ];
  const rows = entries.map((entry, index) => ({
    kind: isShown(entry) ? kindOf(entry) : "minor",
    cells: [
      String(index + 1),
      clockWord(entry.seconds),
      ...(entry.kind === "event" ? ["", "event", entry.what] : [phaseWord(entry), entry.reason, entry.message]),
    ],
  }));
  return dataTable({ caption: "What happened", columns, rows });
}

function trafficWord({ traffic: { requestsPerSecond, byHour, series } }: Scenario): string {
  if (series !== undefined)
    return `as measured, ${counted(series.requestsPerSecond.length, "value")}, one per ${series.every}`;
  return `${requestsPerSecond} requests/s${byHour === undefined ? "" : ", by the hour"}`;
}

function settings(spec: MigrationSpec, scenario: Scenario, { reconciles, unreached }: Rehearsal): Markup {
  const rates = spec.stages.map(({ sampleRate, minDuration }) => `${sampleRate} for ${minDuration}`).join(", ");
  const rows: readonly [string, string][] = [
    ["plan", planHash(spec)],
    ["stages", rates],
    ["guard", `${spec.guard.duration}, at most ${spec.guard.deadline}`],
    ["traffic", trafficWord(scenario)],
    ["pods", `${scenario.pods.count}, following after about ${scenario.pods.followAfter}`],
    ["starts at", scenario.startsAt],
    ["reconciles of the operator", String(reconciles)],
    ...(unreached.length === 0 ? [] : [["never came", unreached.join(", ")] satisfies [string, string]]),
  ];
  return definitions(rows);
}
