// The scripts in the shells themselves, asking the real program.

import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { completionScripts } from "#commands/completion-scripts.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "completion-"));
  const program = join(import.meta.dirname, "../src/main.ts");
  const files = {
    "kubectl-retriever": `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`,
    "kubectl_complete-retriever": completionScripts.kubectl,
    "script.bash": completionScripts.bash,
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
});
afterAll(() => rm(folder, { recursive: true }));

function run(command: string, words: readonly string[]) {
  const env = { PATH: [folder, dirname(process.execPath), process.env["PATH"]].join(delimiter), HOME: folder };
  return spawnSync(command, [...words], { env, encoding: "utf8" });
}

it("bash is given what begins with the word", () => {
  const typed = `. ${folder}/script.bash; COMP_WORDS=(kubectl-retriever completion z); COMP_CWORD=2; _kubectl_retriever; printf '%s,' "\${COMPREPLY[@]}"`;
  expect(run("bash", ["-c", typed])).toMatchObject({ status: 0, stdout: "zsh,", stderr: "" });
});

it.each([
  ["(kubectl-retriever rehearse --scenario = heal)", "healthy,"],
  ["(kubectl-retriever completion = z)", ""],
  ["(kubectl-retriever rehearse --scenario=heal)", "--scenario=healthy,"],
])(
  "bash, which may take an option and its value apart, is given of %s what takes the last word's place",
  (words, given) => {
    const typed = `. ${folder}/script.bash; COMP_WORDS=${words}; COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _kubectl_retriever; [ \${#COMPREPLY[@]} = 0 ] || printf '%s,' "\${COMPREPLY[@]}"`;
    expect(run("bash", ["-c", `set -u; ${typed}`])).toMatchObject({ status: 0, stdout: given, stderr: "" });
  },
);

it("kubectl is given candidates with descriptions, and that no files are meant", () => {
  const { status, stdout } = run("kubectl_complete-retriever", ["rep"]);
  expect({ status, lines: stdout.trimEnd().split("\n") }).toEqual({
    status: 0,
    lines: [/^replay\t./, /^report\t./, /^repair-drift\t./].map((line) => expect.stringMatching(line)).concat(":4"),
  });
});
