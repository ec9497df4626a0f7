import { expect, it } from "vitest";
import { renderPage } from "#page/page.ts";
import { parseScenario } from "#scenario/scenario-parse.ts";
import { defaultMigration, scenarioNamed } from "#test/rehearse/library.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { rehearse } from "./rehearse.ts";
import { renderJson, renderText } from "./render-text.ts";

const title = { namespace: "search", name: "docs-to-qdrant", scenario: "errors", shows: "x", seed: 1 };
const play = (seed: number) => rehearse(defaultMigration(), scenarioNamed("errors-right-after-cutover"), seed);
const short = play(1);

it("played twice with the same seed, the JSON, the text and the page are byte-identical", () => {
  const spec = defaultMigration().spec;
  const scenario = scenarioNamed("errors-right-after-cutover");
  const all = (rehearsal: Rehearsal) => {
    const page = renderPage({ title, spec, scenario, rehearsal });
    return [...renderJson(title, rehearsal), ...renderText(title, rehearsal, 200), page].join("\n");
  };
  expect(all(play(1))).toBe(all(short));
});

it.each([40, 80, 100])("on a terminal of %i columns no line is wider, and no word of a message is lost", (columns) => {
  const lines = renderText(title, short, columns);
  expect(lines.filter(({ length }) => length > columns)).toEqual([]);
  const words = (text: string) => text.replaceAll(/\s+/g, "");
  const whole = words(renderText(title, short, Number.MAX_SAFE_INTEGER).join(""));
  expect(words(lines.join(""))).toBe(whole);
});

it("another seed draws other traffic and comes to the same end", () => {
  const other = play(2);
  expect(other.status.phase).toBe(short.status.phase);
  expect(other.points).not.toEqual(short.points);
});

it("an event whose moment never comes is named at the end", () => {
  const parsed = parseScenario({
    kind: "RehearsalScenario",
    shows: "x",
    until: "10m",
    events: [{ at: "Guard+1h", act: "Rollback" }],
  });
  if (!parsed.ok) throw new Error("the scenario is sound");
  const rehearsal = rehearse(defaultMigration(), parsed.scenario, 1);
  expect(rehearsal).toMatchObject({ ending: "unfinished", unreached: ["Guard+1h"] });
});

it("the page needs no script and no network, says its drawing in words, and escapes what comes from outside", () => {
  const evil = { ...title, name: `<script>"'&` };
  const scenario = scenarioNamed("errors-right-after-cutover");
  const page = renderPage({ title: evil, spec: defaultMigration().spec, scenario, rehearsal: short });
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(|src=|href=/i);
  expect(page).toMatch(
    /<svg[^>]*role="img"[^>]*><title id="timeline-wide-title">[^<]+<\/title><desc id="timeline-wide-desc">[^<]+/,
  );
  expect(page).toContain("prefers-color-scheme:dark");
  expect(page).not.toContain("NaN");
  expect(page).not.toContain("undefined");
});
