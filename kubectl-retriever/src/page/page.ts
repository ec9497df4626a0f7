// A rehearsal as one page that needs nothing else: result, timeline, table. Pure: the same rehearsal, the same bytes.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import type { Entry, Rehearsal } from "#rehearse/rehearsal.ts";
import { phaseWord, type Title } from "#rehearse/render-text.ts";
import { decisionsOf, endedAt, summarise } from "#rehearse/summary.ts";
import type { Scenario } from "#scenario/scenario.ts";
import { clockWord } from "#text/words.ts";
import { element, group, type Markup } from "./markup.ts";
import { pageStyle } from "./page-style.ts";
import { renderTimeline } from "./timeline.ts";
import { isShown, kindOf } from "./timeline-marks.ts";

type PageInput = {
  readonly title: Title;
  readonly spec: MigrationSpec;
  readonly scenario: Scenario;
  readonly rehearsal: Rehearsal;
};

const policy = "default-src 'none'; style-src 'unsafe-inline'";

/** The whole document. */
export function renderPage({ title, spec, scenario, rehearsal }: PageInput): string {
  const name = `${title.namespace}/${title.name}, ${title.scenario}`;
  const head = element(
    "head",
    {},
    { markup: `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` },
    { markup: `<meta http-equiv="Content-Security-Policy" content="${policy}">` },
    element("title", {}, `Rehearsal of ${name}`),
    { markup: `<style>${pageStyle}</style>` },
  );
  const caption =
    "Shares are over the alert's window; dashed lines are their limits, on square-root scales. " +
    "Time runs at another speed after each phase and event. Squares are what the scenario did, or a page; circles are decisions. " +
    "Numbers lead to the table.";
  const main = element(
    "main",
    {},
    element(
      "header",
      {},
      element("h1", {}, headline(rehearsal)),
      element("p", {}, `${name}: ${scenario.shows}`),
      element("p", {}, `Virtual clock, production decisions, seed ${title.seed}. No cluster, no store was touched.`),
    ),
    facts(rehearsal),
    element("figure", {}, renderTimeline(spec, rehearsal), element("figcaption", {}, caption)),
    element("h2", {}, "What happened"),
    table(rehearsal.entries),
    element("h2", {}, "What was played"),
    settings(spec, scenario, rehearsal),
  );
  return `<!doctype html>\n<html lang="en">${group(head, element("body", {}, main)).markup}</html>\n`;
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
  const items: readonly [string, string, string][] = [
    [mood, "ends in", status.phase],
    ["", "at", clockWord(endedAt(rehearsal)).slice(2)],
    ["", "on the destination", served === 0 ? "never" : printDuration(served)],
    [pages.length > 0 ? "warn" : "", "pages", String(pages.length)],
    ["", "revisions", String(status.epoch)],
    ["", "decisions", String(decisionsOf(rehearsal).length)],
  ];
  return element(
    "ul",
    { class: "facts" },
    ...items.map(([kind, word, value]) =>
      element("li", kind === "" ? {} : { class: kind }, element("span", {}, word), element("strong", {}, value)),
    ),
  );
}

/** Seconds in which the destination was primary. */
function servedByDestination({ points, seconds }: Rehearsal): number {
  return points.reduce((sum, point, index) => {
    const until = points[index + 1]?.seconds ?? seconds;
    return point.primary === "destination" ? sum + until - point.seconds : sum;
  }, 0);
}

function table(entries: readonly Entry[]): Markup {
  const titles = ["#", "time", "phase", "reason", "what"].map((word) => element("th", { scope: "col" }, word));
  const rows = entries.map((entry, index) => {
    const cells: readonly [string, string][] = [
      ["n", String(index + 1)],
      ["t", clockWord(entry.seconds)],
      ["t", entry.kind === "event" ? "" : phaseWord(entry)],
      ["r", entry.kind === "event" ? "event" : entry.reason],
      ["w", entry.kind === "event" ? entry.what : entry.message],
    ];
    const kind = isShown(entry) ? kindOf(entry) : "minor";
    return element("tr", { class: kind }, ...cells.map(([column, text]) => element("td", { class: column }, text)));
  });
  return element("table", {}, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows));
}

function trafficWord({ traffic: { requestsPerSecond, byHour, series } }: Scenario): string {
  if (series !== undefined) return `as measured, ${series.requestsPerSecond.length} values, one per ${series.every}`;
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
  return element("dl", {}, ...rows.map(([word, value]) => group(element("dt", {}, word), element("dd", {}, value))));
}
