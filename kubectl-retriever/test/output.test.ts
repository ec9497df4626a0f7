// Where the output goes: the real program, and a shell that sends its output somewhere.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const program = join(import.meta.dirname, "../src/main.ts");

function run(redirection: string) {
  const line = `"${process.execPath}" "${program}" --help ${redirection}`;
  return spawnSync("bash", ["-o", "pipefail", "-c", line], { encoding: "utf8" });
}

it("a disk that is full exits with 1 and says so: what lies there isn't whole", () => {
  expect(run(">/dev/full")).toMatchObject({ status: 1, stderr: "can't write the output: ENOSPC\n" });
});

it("a reader that has read enough is no fault", () => {
  expect(run("| true")).toMatchObject({ status: 0, stderr: "" });
});

it("words about it that nobody can write change nothing", () => {
  expect(run("2>/dev/full")).toMatchObject({ status: 0 });
});

it("a reader that is slow gets every fault that is told", () => {
  const fields = Array.from({ length: 2000 }, (_, index) => `, field${index}: 1`).join("");
  const manifest = `{ apiVersion: retriever.dev/v1alpha1, kind: RetrieverMigration, metadata: { name: a }${fields} }`;
  const line = `"${process.execPath}" "${program}" lint -f - 2>&1 | { read -r first; sleep 1; echo "$first"; cat; }`;
  const { stdout } = spawnSync("bash", ["-c", line], { encoding: "utf8", input: manifest });
  expect(stdout.match(/expected no such field/g)).toHaveLength(2000);
});
