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

type Named = { readonly kind: string; readonly name: string };
type Row = { readonly lines: readonly number[]; readonly state: string; readonly named: readonly Named[] };

const kinds = ["field", "phase", "condition", "reason", "act", "metric", "command", "file"] as const;
const kindPattern = new RegExp(`(${kinds.join("|")})s? (\`[^\`]+\`(?:, \`[^\`]+\`)*)`, "g");

/** `fields `a`, `b`` names two fields. */
function namedIn(text: string): Named[] {
  return [...text.matchAll(kindPattern)].flatMap(([, kind = "", names = ""]) =>
    names.split(", ").map((name) => ({ kind, name: name.replaceAll("`", "") })),
  );
}

const lines = page.split("\n").filter((line) => /^\| \d/.test(line));

const rows: readonly Row[] = lines.map((line) => {
  const [numbers = "", , what = "", state = ""] = line.slice(2, -2).split(" | ");
  return { lines: numbers.split(", ").map(Number), state, named: [...namedIn(what), ...namedIn(state)] };
});

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

const exists: Readonly<Record<(typeof kinds)[number], (name: string) => boolean>> = {
  field: (name) => fields.has(name),
  phase: isEntered,
  condition: isSet,
  reason: isReason,
  act: (name) => acts.some((act) => act === name),
  metric: (name) => name in sidecarMetrics || operatorMetrics.some((metric) => metric.name === name),
  command: isCommand,
  file: (name) => existsSync(join(root, name)),
};

describe("docs/runbook.md", () => {
  it("has every line of the runbook once", () => {
    expect(rows.flatMap(({ lines }) => lines)).toEqual(spoken);
  });

  it.each(kinds)("names a %s only if it is there", (kind) => {
    expect(names(kind).filter((name) => !exists[kind](name))).toEqual([]);
    expect(names(kind).length).toBeGreaterThan(0);
  });

  it("names nothing without saying what it is", () => {
    const what = lines.map((line) => line.split(" | ")[2] ?? "");
    expect(what.map((text) => text.replaceAll(kindPattern, "")).filter((text) => text.includes("`"))).toEqual([]);
  });

  it("says of every line how far it is, in one of three words", () => {
    expect(rows.filter(({ state }) => !/^(done|in part|people)(:|$)/.test(state))).toEqual([]);
  });
});
