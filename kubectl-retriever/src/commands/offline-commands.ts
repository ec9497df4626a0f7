// The commands that need files and no cluster: rehearse, plan and lint.

import { type Command, InvalidArgumentError, Option } from "commander";
import { type Form, forms } from "#output/documents.ts";
import type { End, Surroundings } from "#surroundings.ts";
import { type Expectation, expectationForm, parseExpectation } from "./offline/expectation.ts";
import type { LintRequest, OfflineTools } from "./offline/lint.ts";
import { collect, onlyOne } from "./options.ts";

/** Adds the commands to the program; each ends with its exit code. */
export function addOfflineCommands(program: Command, around: Surroundings, end: End): void {
  const { files, terminal, workers, scenarios, signal } = around;
  const tools = { files: files.manifests, trafficFiles: files.traffic, terminal, workers, scenarios, signal };
  addRehearse(program, tools, end);
  addPlan(program, tools, end);
  addLint(program, tools, end);
}

function addRehearse(program: Command, tools: OfflineTools, end: End): void {
  program
    .command("rehearse")
    .description("Play a migration against a scenario: virtual clock, the operator's own decisions, no cluster")
    .requiredOption("-f, --filename <file>", "manifest with one RetrieverMigration; - is the standard input", onlyOne)
    .option("--scenario <name>", "scenario to play: one of the library's, or a file", "healthy")
    .option("--traffic <file>", "measured traffic instead of the scenario's: a CSV, or a saved range of Prometheus")
    .option("--seed <number>", "of the generator that draws the traffic; the same seed plays the same", parseSeed, 1)
    .option("--runs <number>", "play as many seeds, from --seed on, and print the share of each ending", parseRuns, 1)
    .option(
      "--expect <share>",
      "of the runs, such as 'Completed>=0.99' or 'HarmAlert<=0.01'; may be repeated",
      collectExpectation,
      [],
    )
    .option("--json", "one JSON object per decision and event, or per run, then one for the end", false)
    .addOption(
      new Option("-o, --output <form>", "json: the same as --json; yaml: a document for each").choices([
        "json",
        "yaml",
      ]),
    )
    .addOption(new Option("--html <file>", "write a page with the timeline").conflicts(["runs", "expect"]))
    .addOption(
      new Option("--evidence <file>", "write the evidence it would leave, for `replay` and `report`").conflicts([
        "runs",
        "expect",
      ]),
    )
    .action(async ({ filename, output, ...options }: RehearseOptions) => {
      const json = options.json || output !== undefined;
      const { rehearseFiles } = await import("./offline/rehearse.ts");
      end(
        await rehearseFiles(
          { html: undefined, evidence: undefined, traffic: undefined, ...options, manifest: filename, json },
          await inForm(output, tools),
        ),
      );
    });
}

function addLint(program: Command, tools: OfflineTools, end: End): void {
  program
    .command("lint")
    .description("Check manifests, acts and scenarios: every fault at once, with its line, value and expectation")
    .requiredOption(
      "-f, --filename <file>",
      "file or folder to check; may be repeated; - is the standard input",
      collectFiles,
    )
    .option("-R, --recursive", "folders with everything below them", false)
    .option(
      "--policy <file>",
      "file with RetrieverMigrationPolicies to judge migrations by; may be repeated",
      collect,
      [],
    )
    .addOption(
      new Option("-o, --output <form>", "for each document: an object, or the name of what is fine").choices(forms),
    )
    .action(async ({ filename, recursive, policy, output }: LintOptions) => {
      const { lintFiles } = await import("./offline/lint.ts");
      const { judgeMigration } = await import("./offline/judge-migration.ts");
      const { loadPolicies } = await import("./offline/policies.ts");
      const policies = await loadPolicies(policy, tools);
      if (typeof policies === "number") return end(policies);
      const judge: LintRequest["judge"] = (spec, name) => judgeMigration(policies, spec, name);
      const shown = await inForm(output, tools);
      end(await lintFiles({ paths: filename, deep: recursive, form: output, judge }, shown));
    });
}

function addPlan(program: Command, tools: OfflineTools, end: End): void {
  program
    .command("plan")
    .description("Say how long a migration takes at least, what would be noticed at its traffic, and how soon")
    .requiredOption("-f, --filename <file>", "manifest with one RetrieverMigration; - is the standard input", onlyOne)
    .option("--rate <number>", "requests per second of the whole workload; may be repeated", collectRate, [])
    .option("--by-hour <factors>", "24 factors on the rate, the first for 00:00 to 01:00, with commas", parseByHour)
    .addOption(
      new Option("--traffic <file>", "measured traffic instead: a CSV, or a saved range of Prometheus").conflicts([
        "rate",
        "byHour",
      ]),
    )
    .option("--policy <file>", "file with RetrieverMigrationPolicies to judge it by; may be repeated", collect, [])
    .option("--details", "also what each gate needs, and the smallest harm that a guard notices", false)
    .option("--json", "one JSON object per rate", false)
    .addOption(
      new Option("-o, --output <form>", "json: the same as --json; yaml: a document for each").choices([
        "json",
        "yaml",
      ]),
    )
    .action(async ({ filename, rate, byHour, traffic, policy, details, json, output }: PlanOptions) => {
      const own = { manifest: filename, policies: policy, details, json: json || output !== undefined };
      const asked = { ...own, rates: rate, byHour, traffic };
      const { forecastFile } = await import("./offline/forecast.ts");
      end(await forecastFile(asked, await inForm(output, tools)));
    });
}

/** The same tools, but each line of JSON is printed as a document of YAML, or as the name of what it is about and fine. */
async function inForm(form: Form | undefined, tools: OfflineTools): Promise<OfflineTools> {
  if (form === undefined || form === "json") return tools;
  const { printLineAs } = await import("#output/documents.ts");
  const { stringify } = await import("yaml");
  const print = (line: string) => {
    const text = printLineAs(form, line, stringify);
    if (text !== undefined) tools.terminal.data(text);
  };
  return { ...tools, terminal: { ...tools.terminal, print } };
}

type LintOptions = {
  readonly policy: readonly string[];
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly output?: Form;
};

/** Without a first value: an empty list would count as given. */
function collectFiles(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

type PlanOptions = {
  readonly filename: string;
  readonly rate: readonly number[];
  readonly byHour?: readonly number[];
  readonly traffic?: string;
  readonly policy: readonly string[];
  readonly details: boolean;
  readonly json: boolean;
  readonly output?: "json" | "yaml";
};

type RehearseOptions = {
  readonly filename: string;
  readonly scenario: string;
  readonly traffic?: string;
  readonly seed: number;
  readonly runs: number;
  readonly expect: readonly Expectation[];
  readonly json: boolean;
  readonly output?: "json" | "yaml";
  readonly html?: string;
  readonly evidence?: string;
};

const mostRuns = 1000;

function parseRuns(text: string): number {
  const runs = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (runs < 2 || runs > mostRuns) throw new InvalidArgumentError(`expected a whole number from 2 to ${mostRuns}`);
  return runs;
}

function collectExpectation(text: string, before: readonly Expectation[]): readonly Expectation[] {
  const expectation = parseExpectation(text);
  if (expectation === undefined) throw new InvalidArgumentError(`expected ${expectationForm}`);
  return [...before, expectation];
}

function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seed < 2 ** 32)) throw new InvalidArgumentError("expected a whole number from 0 to 4294967295");
  return seed;
}

const mostRates = 4;

function collectRate(text: string, before: readonly number[]): readonly number[] {
  const rate = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (!(rate > 0))
    throw new InvalidArgumentError("expected requests per second from 0.000001 to 999999, such as 12 or 0.5");
  if (before.length === mostRates) throw new InvalidArgumentError(`expected at most ${mostRates} rates`);
  return [...before, rate];
}

function parseByHour(text: string): readonly number[] {
  const words = text.split(",").map((word) => word.trim());
  const factors = words.map((word) => (/^\d{1,3}(\.\d{1,6})?$/.test(word) ? Number(word) : Number.NaN));
  // Not one request in a day is no traffic to forecast.
  if (factors.length === 24 && factors.every((factor) => factor <= 100) && factors.some((factor) => factor > 0))
    return factors;
  throw new InvalidArgumentError("expected 24 factors from 0 to 100, not all 0, with commas between them");
}
