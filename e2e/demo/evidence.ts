// What a migration left behind, taken out of the cluster and decided again by the real command line, in a process of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubectlRetriever, retrieverOffline } from "#support/world/command-line.ts";
import type { World } from "#support/world/start-world.ts";

/** Whether the chain is intact and every decision comes out the same again. What the commands said is passed on. */
export async function replayEvidence(world: World, name: string, say: (line: string) => void): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "retriever-evidence-"));
  const file = join(folder, "evidence.jsonl");
  try {
    const collected = await kubectlRetriever(world.adminKubeconfig, ["evidence", name, "--output", file]);
    if (collected.exitCode !== 0) {
      say(`${name}: no evidence: ${collected.stderr.trim()}`);
      return false;
    }
    const { exitCode, stdout, stderr } = await retrieverOffline(["replay", file]);
    for (const line of stderr.split("\n").filter((line) => line !== "")) say(`${name}: ${line}`);
    say(`${name}: evidence: ${stdout.trim()}${exitCode === 0 ? ", replayed" : ""}`);
    const report = await writeReport(file, name);
    say(`${name}: report: ${report}`);
    return exitCode === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The report of the migration as a page that stays after the demo; where it is, or why there is none. */
async function writeReport(evidence: string, name: string): Promise<string> {
  const page = join(await mkdtemp(join(tmpdir(), "retriever-report-")), `${name}.html`);
  const written = await retrieverOffline(["report", "--evidence", evidence, "-o", "html", "-O", page]);
  return written.exitCode === 0 ? page : written.stderr.trim();
}
