// `make mutate`: changes the operator's core in every way Stryker knows, one change at a time, and counts which changes
// the tests notice. Arguments name parts (`parts` below); without any, all of them. Last line JSON.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import { type MutationReport, type Part, renderScore, scoreOf } from "./mutation-score.ts";

const root = join(import.meta.dirname, "../..");
const core = "operator/src/core";
const deadlineSeconds = 4 * 3600;
const wanted = 0.9;

/** What is judged by tests of its own alone. */
const facts = [
  "plan",
  "model/{deep-equal,status-readings}",
  "time/{calendar,migration-window}",
  "pods/pods",
  "checks/{alerts,approvals,claims,reachable,rollback-ready}",
  "people/{accepted-plan,acts,outbox,postmortem}",
  "overlay/{converge,deploy-freeze}",
  "status/audit-record",
].join();

/** Rooms that the stories of whole migrations judge together with the tests beside them. */
const rest = "{time,pods,checks,people,overlay,steps,status}";

/** Stories that take seconds each: whatever they notice, others do too, or it counts as not noticed. */
const longStories = `${core}/stories/{acts,guard-clock,healthy,laws,stage-deadline,window}.test.ts`;

/** What is changed, by which tests that is judged, and which of those take too long. */
type Judged = {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
  readonly without?: readonly string[];
};

/** Each part with the tests that stand for it: the fewer, the sooner it is known. */
const parts: Readonly<Record<string, Judged>> = {
  gates: { mutate: [`${core}/gates/*.ts`], tests: [`${core}/gates/*.test.ts`] },
  harm: {
    mutate: [`${core}/{detection,harm}/*.ts`],
    tests: [
      `${core}/{detection,harm}/*.test.ts`,
      `${core}/stories/{harm-*,throughput}.test.ts`,
      `${core}/checks/alerts.test.ts`,
    ],
  },
  preempt: {
    mutate: [`${core}/preempt/*.ts`],
    tests: [
      `${core}/preempt/*.test.ts`,
      `${core}/stories/{acts,alerts,conflicts,deletion,edits,harm-after,harm-before,guard-clock}.test.ts`,
    ],
  },
  verification: {
    mutate: [`${core}/verification/*.ts`],
    tests: [`${core}/verification/*.test.ts`, `${core}/phases/verifying-drift.test.ts`],
  },
  phases: { mutate: [`${core}/phases/*.ts`], tests: [`${core}/phases/*.test.ts`] },
  facts: { mutate: [`${core}/{${facts}}.ts`], tests: [`${core}/{${facts}}.test.ts`] },
  rest: {
    mutate: [`${core}/*.ts`, `${core}/${rest}/*.ts`, `!${core}/{${facts}}.ts`],
    tests: [`${core}/*.test.ts`, `${core}/${rest}/*.test.ts`, `${core}/stories/*.test.ts`],
    without: [longStories],
  },
};

function configOf(name: string, mutate: readonly string[]): object {
  return {
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    // Related files are found through the import graph, which aliases hide.
    vitest: { configFile: "tools/mutation/mutate.vitest.ts", related: false },
    mutate: [...mutate, "!**/*.test.ts"],
    coverageAnalysis: "perTest",
    concurrency: 2,
    // Slow machines make no mutant an endless loop.
    timeoutMS: 60_000,
    incremental: true,
    incrementalFile: `reports/mutation/${name}.incremental.json`,
    reporters: ["json"],
    jsonReporter: { fileName: `reports/mutation/${name}.json` },
    tempDirName: "reports/stryker",
    ignorePatterns: ["e2e", "coverage", "docs", "charts", "tools/node"],
    // Stryker would rewrite it with the API of an older TypeScript.
    tsconfigFile: "tsconfig.none.json",
    warnings: { slow: false },
    allowConsoleColors: false,
  };
}

async function mutate(name: string): Promise<Part | undefined> {
  const part = parts[name];
  if (part === undefined) {
    process.stdout.write(`received ${name}, expected some of ${Object.keys(parts).join(", ")}\n`);
    return undefined;
  }
  const config = join(root, `reports/mutation/${name}.config.json`);
  mkdirSync(join(root, "reports/mutation"), { recursive: true });
  writeFileSync(config, JSON.stringify(configOf(name, part.mutate)));
  process.env["MUTATE_TESTS"] = JSON.stringify({ include: part.tests, exclude: part.without ?? [] });
  const stryker = join(root, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const ran = await runCommand([process.execPath, stryker, "run", config], { cwd: root, deadlineSeconds });
  if (ran.code !== 0) {
    process.stdout.write(`${name}: Stryker ended with ${ran.code}\n${ran.output}\n`);
    return undefined;
  }
  const report = JSON.parse(readFileSync(join(root, `reports/mutation/${name}.json`), "utf8")) as MutationReport;
  return { name, seconds: ran.seconds, ...scoreOf(report) };
}

async function mutateAll(names: readonly string[]): Promise<number> {
  const done: Part[] = [];
  for (const name of names) {
    const part = await mutate(name);
    if (part === undefined) return 1;
    done.push(part);
    process.stdout.write(`${renderScore(part).join("\n")}\n`);
  }
  const mutants = done.reduce((sum, part) => sum + part.mutants, 0);
  const killed = done.reduce((sum, part) => sum + part.killed, 0);
  const score = mutants === 0 ? 0 : Number((killed / mutants).toFixed(4));
  const byPart = Object.fromEntries(done.map((part) => [part.name, part.killed / Math.max(1, part.mutants)]));
  process.stdout.write(
    `${JSON.stringify({ R3: { mutants, killed, score, wanted, parts: byPart, ok: score >= wanted } })}\n`,
  );
  return score >= wanted ? 0 : 1;
}

const named = process.argv.slice(2);
process.exitCode = await mutateAll(named.length > 0 ? named : Object.keys(parts));
