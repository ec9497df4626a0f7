// `make first-hour`: what a newcomer's first hour takes, by the pages' own commands: a clone of the last commit, a home
// folder with nothing in it, an environment of nothing but a path. The last line is one JSON object; exit 1 when
// something failed or took longer than promised. Needs the network, as the newcomer does.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "../run-command.ts";
import { readSource } from "../tree.ts";
import { blocksOf, commandsOf } from "./blocks.ts";

const mostSeconds = { demo: 5 * 60, ownMigration: 15 * 60 } as const;
const root = join(import.meta.dirname, "../..");

/** What reaches the network here and isn't the newcomer's doing: proxies and certificates. */
const passed = /^(?:(?:https?|no|all)_proxy|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO|PIP_CERT)$/i;

/** Resolves with the exit code of one line of a page. */
function runLine(line: string, cwd: string, home: string): Promise<number> {
  const reached = Object.entries(process.env).filter(([name]) => passed.test(name));
  const env = { ...Object.fromEntries(reached), HOME: home, PATH: "/usr/local/bin:/usr/bin:/bin", TERM: "dumb" };
  const child = spawn("sh", ["-c", line], { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** A rehearsal tells by its exit code how the migration ends: the page plays one that rolls itself back. */
const rolledBack = 4;

function isFine(line: string, code: number): boolean {
  return code === 0 || (code === rolledBack && / rehearse .*--scenario \S*degrades/.test(line));
}

/** The commands of the blocks below a heading that can run without a cluster. */
function linesBelow(page: string, heading: string): readonly string[] {
  const { text } = readSource(root, page);
  const rows = text.split("\n");
  const first = rows.indexOf(`## ${heading}`) + 1;
  if (first === 0) throw new Error(`${page} has no heading ${heading}`);
  const next = rows.findIndex((row, index) => index >= first && row.startsWith("## "));
  const blocks = blocksOf(page, text).filter(({ line, notRun }) => notRun === undefined && line > first);
  return blocks.filter(({ line }) => next === -1 || line <= next).flatMap(commandsOf);
}

type Part = { readonly seconds: number; readonly mostSeconds: number; readonly failed: readonly string[] };

async function measure(folder: string): Promise<Readonly<Record<"demo" | "ownMigration", Part>>> {
  const started = performance.now();
  const project = join(folder, "project");
  await runOrThrow(["git", "clone", "--quiet", "--no-hardlinks", root, project], { cwd: folder, deadlineSeconds: 120 });
  const follow = async (lines: readonly string[], limit: number): Promise<Part> => {
    const failed: string[] = [];
    for (const line of lines) {
      process.stdout.write(`$ ${line}\n`);
      const code = await runLine(line, project, folder);
      if (!isFine(line, code)) failed.push(`${line}: exit ${code}`);
    }
    return { seconds: Math.round((performance.now() - started) / 1000), mostSeconds: limit, failed };
  };
  const demo = await follow(linesBelow("README.md", "See it work"), mostSeconds.demo);
  const rehearsal = linesBelow("docs/quick-start.md", "Rehearse it first");
  const ownMigration = await follow([...rehearsal, "make quickstart"], mostSeconds.ownMigration);
  return { demo, ownMigration };
}

const folder = await mkdtemp(join(tmpdir(), "retriever-first-hour-"));
try {
  const parts = await measure(folder);
  const isMet = Object.values(parts).every(
    ({ seconds, mostSeconds: most, failed }) => seconds <= most && failed.length === 0,
  );
  process.stdout.write(
    `${JSON.stringify({ ...parts, load: loadavg().map((load) => Math.round(load)), met: isMet })}\n`,
  );
  process.exitCode = isMet ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
