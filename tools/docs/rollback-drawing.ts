// The picture at the head of README.md: the timeline of a rehearsal whose new store gets slow in the guard, played from the
// examples and drawn as `rehearse --html` draws it. The same examples, the same bytes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseMigrationSpec } from "../../crds/src/parse.ts";
import { timelineOf } from "../../kubectl-retriever/src/page/rehearsal-timeline.ts";
import { rehearsedMigration } from "../../kubectl-retriever/src/rehearse/manifest.ts";
import type { Rehearsal } from "../../kubectl-retriever/src/rehearse/rehearsal.ts";
import { rehearse } from "../../kubectl-retriever/src/rehearse/rehearse.ts";
import { parseScenario } from "../../kubectl-retriever/src/scenario/scenario-parse.ts";
import { pageStyle } from "../../operator/src/page/page-style.ts";
import { renderTimeline } from "../../operator/src/page/timeline.ts";

const examples = join(import.meta.dirname, "../../examples");
const files = { manifest: "default/migration.yaml", scenario: "scenarios/degrades-in-guard.yaml" } as const;
/** A picture shows a point for each few pixels. */
const pointsForEach = 3;

export function drawRollback(): string {
  const { rehearsal, plan } = play();
  const { markup } = renderTimeline(timelineOf(plan, { ...rehearsal, points: thinned(rehearsal.points) }), "wide");
  const style = `<style>${pageStyle.replaceAll("\n", "")}svg{background:var(--card);display:block!important}</style>`;
  const [head = ""] = /^<svg[^>]*>/.exec(markup) ?? [];
  const opened = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return `${opened}${style}${markup.slice(head.length)}\n`.replaceAll(/ d="[^"]+"/g, rounded);
}

function play() {
  const [manifest, scenario] = [files.manifest, files.scenario].map((file) =>
    parse(readFileSync(join(examples, file), "utf8"), { version: "1.1" }),
  ) as [{ readonly spec: unknown }, unknown];
  const spec = parseMigrationSpec(manifest.spec);
  const played = parseScenario(scenario);
  if (!spec.ok || !played.ok) throw new Error("the examples of the picture can't be read");
  const migration = rehearsedMigration("search", "docs-to-qdrant", spec.spec);
  return { plan: spec.spec, rehearsal: rehearse(migration, played.scenario, 1) };
}

/** One of each few points, and whatever begins something. */
function thinned(points: Rehearsal["points"]): Rehearsal["points"] {
  return points.filter((point, index) => {
    const before = points[index - 1];
    const isChange = before?.primary !== point.primary || before?.sampleRate !== point.sampleRate;
    return isChange || index % pointsForEach === 0 || index === points.length - 1;
  });
}

/** Tenths of a pixel are seen by nobody. */
function rounded(path: string): string {
  return path.replaceAll(/\d+\.\d+/g, (number) => String(Math.round(Number(number))));
}
