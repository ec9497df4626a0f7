// Every block of the pages is tried as a reader would: commands that need no cluster run, documents are read by the
// schemas, and what can't be tried here says so right above.
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runCommand } from "../run-command.ts";
import { treePaths } from "../tree.ts";
import { type Block, blocksOf, commandsOf, proseOf } from "./blocks.ts";
import { type Command, commandFrom, makeTargets, programs } from "./commands.ts";
import { faultsOfText } from "./documents.ts";

const root = join(import.meta.dirname, "../..");
const pages = (await treePaths(root)).filter((path) => path.endsWith(".md"));
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const blocks = pages.flatMap((page) => blocksOf(page, textOf(page)));
const inline = pages.flatMap((page) =>
  [...proseOf(textOf(page)).matchAll(/`((?:npx )?(?:kubectl[ -]retriever|retriever-data|make) [^`\n]+)`/g)].map(
    ([, line = ""]) => ({ page, line }),
  ),
);
const lines = [
  ...blocks.flatMap((block) => commandsOf(block).map((line) => ({ page: block.page, line, block }))),
  ...inline,
];
const defaultSpec = (parse(textOf("examples/default/migration.yaml")) as { spec: Readonly<Record<string, unknown>> })
  .spec;
const targets = new Set([...textOf("Makefile").matchAll(/^([a-z0-9-]+):/gm)].map(([, target = ""]) => target));

/** A copy of the folder that a reader stands in, whose files may be written. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "retriever-docs-"));
  for (const name of readdirSync(root)) if (!name.startsWith(".")) symlinkSync(join(root, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Run = { readonly page: string; readonly line: string };
const isRun = ({ line, block }: (typeof lines)[number] & { readonly block?: Block }): boolean =>
  block !== undefined && block.notRun === undefined && commandFrom(line)?.isOffline === true;
/** What two pages say alike is run once, unless it reads the page's own manifest. */
const runs = [...new Map(lines.filter(isRun).map((run) => [keyOf(run), run])).values()];

function keyOf({ page, line }: Run): string {
  return / migration\.yaml/.test(line) ? `${page} ${line}` : line.replace(/^npx |^kubectl /, "");
}

/** A reader who is told to save the page's manifest has done so. */
function folderOf(page: string): string {
  const manifest = blocksOf(page, textOf(page)).find(({ text }) => /^kind: RetrieverMigration$/m.test(text));
  if (manifest === undefined) return folder;
  const own = mkdtempSync(join(folder, "page-"));
  for (const name of readdirSync(root)) if (!name.startsWith(".")) symlinkSync(join(root, name), join(own, name));
  writeFileSync(join(own, "migration.yaml"), manifest.text);
  return own;
}

/** 3 and 4 say how a migration stands; 1, 2 and 124 that the command wasn't carried out. */
const carriedOut = [0, 3, 4];

describe("commands of the pages", () => {
  it.concurrent.each(runs)("$page: $line", async ({ page, line }) => {
    const { program, verb, args } = commandFrom(line) as Command;
    const command = [process.execPath, join(root, programs[program] ?? ""), verb, ...args];
    const { code, output } = await runCommand(command, { cwd: folderOf(page), deadlineSeconds: 500 });
    expect(carriedOut.includes(code) ? "" : `exit ${code}: ${output}`).toBe("");
  });

  it("have verbs and flags that their programs know", async () => {
    const ours = lines.map((one) => ({ ...one, command: commandFrom(one.line) }));
    const asked = ours.flatMap(({ page, line, command }) => (command?.verb ? [{ page, line, command }] : []));
    const help = new Map<string, string>();
    for (const { command } of asked) {
      const key = `${command.program} ${command.verb}`;
      if (!help.has(key)) help.set(key, await helpOf(command));
    }
    const wrong = asked.filter(({ command }) => {
      const text = help.get(`${command.program} ${command.verb}`) ?? "";
      return text === "" || command.flags.some((flag) => !new RegExp(`${flag}\\b`).test(text));
    });
    expect(wrong.map(({ page, line }) => `${page}: ${line}`)).toEqual([]);
    expect(asked.length).toBeGreaterThan(20);
  });

  it("name targets that make has", () => {
    const unknown = lines.flatMap(({ page, line }) =>
      makeTargets(line)
        .filter((target) => !targets.has(target))
        .map((target) => `${page}: make ${target}`),
    );
    expect(unknown).toEqual([]);
  });
});

/** What a verb says of itself; empty when there is no such verb. */
async function helpOf({ program, verb }: Command): Promise<string> {
  if (verb.startsWith("-")) return verb;
  const command = [process.execPath, join(root, programs[program] ?? ""), verb, "--help"];
  const { code, stdout } = await runCommand(command, { cwd: root, deadlineSeconds: 500 });
  return code === 0 && stdout.includes(` ${verb} `) ? stdout : "";
}

describe("documents of the pages", () => {
  const documents = blocks.filter(
    ({ language, notRun }) => ["yaml", "json"].includes(language) && notRun === undefined,
  );

  it.each(documents)("$page:$line is one that the code reads", ({ text }) => {
    expect(faultsOfText(text, defaultSpec)).toEqual([]);
  });

  it("are found wanting when a field is misspelt, and asked for a reason when nobody here reads them", () => {
    expect(faultsOfText("guard: { duratoin: 1h }", defaultSpec)).toEqual([
      expect.stringContaining("spec.guard.duratoin"),
    ]);
    expect(faultsOfText('"filterable": {"lang": "keywrod"}', defaultSpec)).toHaveLength(1);
    expect(faultsOfText("route: { receiver: x }", defaultSpec)).toBeUndefined();
  });
});

describe("blocks of a page", () => {
  it("are fenced or indented, are not the lines of a list, and carry the reason above them", () => {
    const page =
      "Text:\n\n    make a   # why\n    make b \\\n      c\n\n- item\n\n    goes on\n\n<!-- not run here: a cluster -->\n```sh\nx\n```\n";
    const found = blocksOf("page.md", page);
    expect(found.map(({ line, language, notRun }) => ({ line, language, notRun }))).toEqual([
      { line: 3, language: "", notRun: undefined },
      { line: 13, language: "sh", notRun: "a cluster" },
    ]);
    expect(found.flatMap(commandsOf)).toEqual(["make a", "make b c"]);
    expect(proseOf(page)).not.toContain("make");
  });
});
