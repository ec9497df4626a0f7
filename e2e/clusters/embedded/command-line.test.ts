// The command line against the embedded API, as against a real one: what asks for more than objects of ours.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { retrieverOffline } from "#support/world/command-line.ts";
import { nameOf, namespace, startPhases } from "../../ui/migrations.ts";

let directory: string;
let phases: Awaited<ReturnType<typeof startPhases>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "retriever-command-line-"));
  phases = await startPhases(directory);
});
afterAll(async () => {
  await phases.api.close();
  await rm(directory, { recursive: true });
});

const run = (...words: readonly string[]) =>
  retrieverOffline([...words, "--namespace", namespace, "--kubeconfig", phases.api.kubeconfigPath("admin")]);

it("version and check tell the API server's release and that its definitions are this program's", async () => {
  for (const command of ["version", "check"]) {
    const { stdout } = await run(command);
    expect(stdout).toMatch(/^API server {3}v1\.35\.\d+/m);
    expect(stdout).toMatch(/^Definitions {2}the same fields as this program$/m);
  }
});

it("a support bundle misses nothing but what nobody made", async () => {
  const file = join(directory, "bundle.tar.gz");
  const { exitCode, stdout, stderr } = await run("support-bundle", nameOf("Guard"), "--output-file", file);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining(file) as string });
  const missed = stderr.split("\n").filter((line) => line.startsWith("not in it: "));
  expect(missed.filter((line) => !line.endsWith(": there is none"))).toEqual([]);
});
