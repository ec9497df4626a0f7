// docs/runbook.md held to the code: what it names is there, and no line is left out.
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acts } from "../../crds/src/migration.ts";
import { schemaFields } from "../../crds/src/reference/schema-fields.ts";
import { migrationSpecSchema } from "../../crds/src/spec/migration-spec.ts";
import { conditionTypes, migrationStatusSchema, phases } from "../../crds/src/status/migration-status.ts";
import { metricTable as operatorMetrics } from "../../operator/src/telemetry/metric-table.ts";
import { metricTable as sidecarMetrics } from "../../retriever-sidecar/src/telemetry/metric-table.ts";
import { lackingOf, rowsOf, unnamedIn } from "./runbook-table.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/runbook.md"), "utf8");

/** The lines of the users' document that say something; the others are blank. */
const spoken = [
  [1, 1],
  [3, 5],
  [7, 7],
  [9, 9],
  [11, 15],
  [17, 17],
  [19, 24],
  [26, 26],
  [28, 28],
  [30, 33],
  [35, 35],
  [37, 43],
  [45, 45],
  [47, 47],
  [49, 51],
  [53, 53],
  [55, 57],
  [59, 59],
  [61, 63],
  [65, 65],
  [67, 69],
  [71, 71],
  [73, 75],
  [77, 77],
  [79, 81],
].flatMap(([first = 0, last = 0]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));

const rows = rowsOf(page);
const named = rows.flatMap((row) => row.named);

function names(kind: string): string[] {
  return named.filter((one) => one.kind === kind).map(({ name }) => name);
}

function sources(folder: string): string {
  const files = globSync(`${folder}/**/*.ts`, { cwd: root }).filter((file) => !file.endsWith(".test.ts"));
  return files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
}

const core = sources("operator/src/core");
const cli = sources("kubectl-retriever/src");
const fields = new Set(
  [...schemaFields(migrationSpecSchema, "spec"), ...schemaFields(migrationStatusSchema, "status")].map(
    ({ path }) => path,
  ),
);

/** A migration begins in Pending; every other phase is entered by a step that names it. */
function isEntered(phase: string): boolean {
  return phases.some((known) => known === phase) && (phase === "Pending" || core.includes(`phase: "${phase}"`));
}

/** Set as a key of the facts, or as a constant that becomes one. */
function isSet(condition: string): boolean {
  return conditionTypes.some((type) => type === condition) && new RegExp(`\\b(const )?${condition}:`).test(core);
}

/** Reasons stand in the code as they are; those of harm are made of the rule's name. */
function isReason(name: string): boolean {
  const rule = name.replace(/^Harm/, "");
  const isHarm =
    rule !== name && new RegExp(`(rule:|return) "${rule.charAt(0).toLowerCase()}${rule.slice(1)}"`).test(core);
  return core.includes(`"${name}"`) || isHarm;
}

function isCommand(name: string): boolean {
  const [program, verb] = name.split(" ");
  const isListed = cli.includes(`command("${verb}")`) || cli.includes(`command: "${verb}"`);
  return program === "kubectl-retriever" && isListed;
}

const exists = {
  field: (name: string) => fields.has(name),
  phase: isEntered,
  condition: isSet,
  reason: isReason,
  act: (name: string) => acts.some((act) => act === name),
  metric: (name: string) => name in sidecarMetrics || operatorMetrics.some((metric) => metric.name === name),
  command: isCommand,
  file: (name: string) => existsSync(join(root, name)),
};

const kinds = ["field", "phase", "condition", "reason", "act", "metric", "command", "file"] as const;

describe("docs/runbook.md", () => {
  it("has every line of the runbook once", () => {
    expect(rows.flatMap(({ lines }) => lines)).toEqual(spoken);
  });

  it.each(kinds)("names a %s only if it is there", (kind) => {
    expect(names(kind).filter((name) => !exists[kind](name))).toEqual([]);
    expect(names(kind).length).toBeGreaterThan(0);
  });

  it("names nothing without saying what it is", () => {
    expect(rows.filter(unnamedIn)).toEqual([]);
  });

  it("has something that does each line, a test that proves it and a page, and no line that is done in part", () => {
    expect(rows.flatMap((row) => lackingOf(row, join(root, "docs")))).toEqual([]);
  });

  const errors = "../operator/src/errors.test.ts";
  it.each([
    ["the test is gone", '[x](../gone.test.ts) "gone"', "isn't there: ../gone.test.ts"],
    ["the title is another", `[errors](${errors}) "gone"`, `isn't there: ${errors}: gone`],
    ["no test is named", "nothing", "no test proves it"],
  ])("a line is missing where %s", (_, proof, lacking) => {
    const [row] = rowsOf(`| 7 | it | phase \`Pending\` | done | ${proof} | [states](states.md) |`);
    expect(row === undefined ? [] : lackingOf(row, join(root, "docs"))).toEqual([`line 7: ${lacking}`]);
  });

  it.each([
    ["no page is named", "done", "nothing", "no page explains it"],
    ["the page is gone", "done", "[x](gone.md)", "no page explains it"],
    ["it is done in part", "in part: a bit", "[states](states.md)", "in part: neither done nor people's"],
  ])("a line is missing where %s", (_, state, more, lacking) => {
    const [row] = rowsOf(`| 7 | it | phase \`Pending\` | ${state} | [errors](${errors}) | ${more} |`);
    expect(row === undefined ? [] : lackingOf(row, join(root, "docs"))).toEqual([`line 7: ${lacking}`]);
  });
});
