// A person who repairs the drift: takes the report out of the cluster, reads the plan, and lets it be carried out.
// The commands are the ones that are printed; they run as processes of their own.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { retrieverData } from "#support/world/command-line.ts";
import type { World } from "#support/world/start-world.ts";
import type { Application } from "./application.ts";

/** Resolves once the destination holds what the report says the source holds. Rejects with what the command said. */
export async function repairDrift(
  world: World,
  application: Application,
  { migration, say }: { readonly migration: string; readonly say: (line: string) => void },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "retriever-repair-"));
  try {
    const { report } = await collect(world, { folder, application, migration });
    say(`kubectl get configmap ${migration}-drift -o jsonpath='{.data.report-0\\.json}' > report.json`);
    const words = ["verify", "--repair", report, "--direction", "source-to-destination", "--config", folder];
    const printed = "retriever-data verify --repair report.json --direction source-to-destination";
    say(printed);
    for (const line of await run(words, application.storeEnv)) say(`  ${line}`);
    say(`${printed} --yes`);
    for (const line of await run([...words, "--yes"], application.storeEnv)) say(`  ${line}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Collection = { readonly folder: string; readonly application: Application; readonly migration: string };

/** Base, overlay and report as files: what the application's containers see, and what the operator kept. */
async function collect(world: World, { folder, application, migration }: Collection): Promise<{ report: string }> {
  const path = (name: string) => `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const write = async (configMap: string, key: string, file: string): Promise<string> => {
    const object = await world.client.get(path(configMap));
    const data = object?.["data"] as Readonly<Record<string, string>> | undefined;
    const text = data?.[key];
    if (text === undefined) throw new Error(`ConfigMap ${configMap} has no key ${key}`);
    await writeFile(join(folder, file), text);
    return join(folder, file);
  };
  await write(`${application.name}-retriever`, "retriever.json", "retriever.json");
  await write(overlayName(application.name), "migration.json", "migration.json");
  return { report: await write(`${migration}-drift`, "report-0.json", "report.json") };
}

/** Lines that it printed. 1 is the answer of a dry run with something to do. */
async function run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<string[]> {
  const { exitCode, stdout, stderr } = await retrieverData(words, env);
  if (exitCode > 1) throw new Error(`${words.join(" ")}: ${stderr.trim()}`);
  return stdout.split("\n").filter((line) => line !== "");
}
