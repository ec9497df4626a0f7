import { readFileSync } from "node:fs";
import { renderDocument } from "@retriever/operator/page/document.ts";
import { element } from "@retriever/operator/page/markup.ts";
import type { Report } from "@retriever/operator/report/report.ts";
import { aRawMigration } from "@retriever/operator/test/builders/migration.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const manifest = readFileSync(new URL("../../../../examples/default/migration.yaml", import.meta.url), "utf8");

/** Runs a line on files in memory. */
async function run(line: string, given: Readonly<Record<string, string>>) {
  const written = new Map<string, string>();
  const terminal = makeFakeTerminal();
  const files = {
    read: async (path: string) => given[path] ?? Promise.reject(Object.assign(new Error("gone"), { code: "ENOENT" })),
    write: async (path: string, text: string) =>
      path === "/full"
        ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }))
        : void written.set(path, text),
  };
  const code = await runCli(line.split(" "), makeFakeSurroundings({ files, terminal }).around);
  return { code, written, printed: terminal.printed, warned: terminal.warned };
}

describe("a rehearsal that is rolled back", () => {
  let evidence: string;
  beforeAll(async () => {
    const line = "rehearse -f m.yaml --scenario errors-right-after-cutover --evidence run.jsonl";
    const rehearsed = await run(line, { "m.yaml": manifest });
    evidence = rehearsed.written.get("run.jsonl") ?? "";
  });

  test("leaves evidence that is intact and decided again word for word", async () => {
    const { code, printed } = await run("replay run.jsonl", { "run.jsonl": evidence });
    expect(code).toBe(0);
    expect(printed[0]).toMatch(/^\d+ records, \d+ decisions re-derived, chain intact$/);
  });

  test("is reported from its evidence as Markdown, as JSON and as a page", async () => {
    const given = { "run.jsonl": evidence };
    const [md, json] = [
      await run("report --evidence run.jsonl", given),
      await run("report --evidence run.jsonl -o json", given),
    ];
    expect([md.code, json.code]).toEqual([0, 0]);
    expect(md.printed.join("\n")).toMatch(/^# Report of search\/docs-to-qdrant\n\n\*\*RolledBack /);
    expect(JSON.parse(json.printed.join("\n"))).toMatchObject({ schema: 1, result: { phase: "RolledBack" } });
    const page = await run("report --evidence run.jsonl -o html -O out.html", given);
    expect(page.written.get("out.html")).toMatch(/^<!doctype html>[\s\S]+Postmortem, a draft/);
    expect(page.written.get("out.html")).not.toMatch(/<script|<link|<img|unsafe-inline|NaN|undefined/);
  });

  test("has in its impact the failed requests that the decision rests on, though they came since the last counters", async () => {
    const { printed } = await run("report --evidence run.jsonl -o json", { "run.jsonl": evidence });
    const { result, impact } = JSON.parse(printed.join("\n")) as Report;
    const [, percent, requests] = /: ([\d.]+) % of (\d+) requests failed/.exec(result.message) ?? [];
    const failed = Math.floor((Number(percent) / 100) * Number(requests));
    expect(failed).toBeGreaterThan(100);
    expect(impact?.failed).toBeGreaterThanOrEqual(failed);
    expect(impact?.requests).toBeGreaterThanOrEqual(Number(requests));
  });

  test("is reported by replay as well, beside the proof", async () => {
    const { code, written, printed } = await run("replay run.jsonl --html out.html", { "run.jsonl": evidence });
    expect(code).toBe(0);
    expect(written.get("out.html")).toMatch(/^<!doctype html>/);
    expect(printed.at(-1)).toContain("chain intact");
  });

  test("and altered afterwards exits with 2, and the report says why", async () => {
    const altered = evidence.replace('"phase":"CuttingOver","epoch":', '"phase":"Guard","epoch":');
    const { code, printed, warned } = await run("report --evidence run.jsonl", { "run.jsonl": altered });
    expect(code).toBe(2);
    expect(printed.join("\n")).toContain("CHAIN BROKEN");
    expect(warned[0]).toMatch(/chain broken: record \d+: .*altered/);
  });

  test.each([
    ["report --evidence run.jsonl -O /full", "can't write /full: ENOSPC"],
    ["report --evidence other.jsonl", "can't read other.jsonl: there is no such file"],
    ["report --evidence m.yaml", "m.yaml: it doesn't begin like an evidence file"],
  ])("%s says why not and exits with 1", async (line, why) => {
    const { code, warned } = await run(line, { "run.jsonl": evidence, "m.yaml": manifest });
    expect(code).toBe(1);
    expect(warned).toEqual([why]);
  });
});

describe("where the evidence is gone", () => {
  const page = renderDocument("Report", element("p", {}, "kept"));
  const run = async (form: string, kept: Readonly<Record<string, string>> | undefined) => {
    const terminal = makeFakeTerminal();
    const around = { client: { readMigration: async () => aRawMigration() }, terminal, readReport: async () => kept };
    const code = await runCli(["report", "docs-to-qdrant", "-o", form], makeFakeSurroundings(around).around);
    return { code, printed: terminal.printed.join("\n"), warned: terminal.warned.join("\n") };
  };

  test.each([
    ["md", "# kept"],
    ["json", "{}"],
    ["html", page.trimEnd()],
  ])("%s is what the operator kept, which is said to be unproved", async (form, text) => {
    const { code, printed, warned } = await run(form, { [`report.${form}`]: text });
    expect([code, printed]).toEqual([2, text]);
    expect(warned).toContain("nothing proves it");
  });

  test.each([
    ["nothing was kept", undefined, 1, "no evidence is kept yet"],
    ["there was no room for the form", { "report.html": "" }, 1, "no html was kept"],
    ["a script stands before the page", { "report.html": `<script>1</script>${page}` }, 2, "was altered"],
    [
      "the page allows scripts",
      { "report.html": page.replace("default-src 'none'", "default-src *") },
      2,
      "was altered",
    ],
    ["the policy is left open", { "report.html": page.slice(0, page.indexOf("sha256-")) }, 2, "was altered"],
  ])("and %s, no page is shown", async (_, kept, code, why) => {
    const shown = await run("html", kept);
    expect(shown).toMatchObject({ code, printed: "" });
    expect(shown.warned).toContain(why);
  });
});

test.each(["report", "report docs --evidence run.jsonl"])("%s is refused: one of the two is meant", async (line) => {
  const { code, warned } = await run(line, {});
  expect(code).not.toBe(0);
  expect(warned.join("\n")).toContain("expected the name of a migration, or --evidence FILE");
});
