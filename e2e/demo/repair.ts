// A person who repairs the drift: takes the report out of the cluster, reads the plan, and lets it be carried out.
// The commands are the ones that are printed; they run as processes of their own.
import { join } from "node:path";
import { retrieverData } from "#support/world/command-line.ts";
import type { World } from "#support/world/start-world.ts";
import type { Application } from "./application.ts";
import { withConfigFolder, writeKey } from "./config-folder.ts";

/** Resolves once the destination holds what the report says the source holds. Rejects with what the command said. */
export function repairDrift(
  world: World,
  application: Application,
  { migration, say }: { readonly migration: string; readonly say: (line: string) => void },
): Promise<void> {
  return withConfigFolder(world, application, async (folder) => {
    const report = join(folder, "report.json");
    await writeKey(world, { configMap: `${migration}-drift`, key: "report-0.json" }, report);
    say(`kubectl get configmap ${migration}-drift -o jsonpath='{.data.report-0\\.json}' > report.json`);
    const words = ["verify", "--repair", report, "--direction", "source-to-destination", "--config", folder];
    const printed = "retriever-data verify --repair report.json --direction source-to-destination";
    say(printed);
    for (const line of await run(words, application.storeEnv)) say(`  ${line}`);
    say(`${printed} --yes`);
    for (const line of await run([...words, "--yes"], application.storeEnv)) say(`  ${line}`);
  });
}

/** Lines that it printed. 1 is the answer of a dry run with something to do. */
async function run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<string[]> {
  const { exitCode, stdout, stderr } = await retrieverData(words, env);
  if (exitCode > 1) throw new Error(`${words.join(" ")}: ${stderr.trim()}`);
  return stdout.split("\n").filter((line) => line !== "");
}
