// What the application's containers see as files, for a person's own commands.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { namespace } from "#support/world/application-manifests.ts";
import type { World } from "#support/world/start-world.ts";
import type { Application } from "./application.ts";

/** Base and overlay as they are now, in a folder that goes when `work` has ended. */
export async function withConfigFolder<T>(
  world: World,
  { name }: Application,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "retriever-config-"));
  try {
    await writeKey(world, { configMap: `${name}-retriever`, key: "retriever.json" }, join(folder, "retriever.json"));
    await writeKey(world, { configMap: overlayName(name), key: "migration.json" }, join(folder, "migration.json"));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rejects where the ConfigMap has no such key. */
export async function writeKey(
  world: World,
  { configMap, key }: { readonly configMap: string; readonly key: string },
  file: string,
): Promise<void> {
  const object = await world.client.get(`/api/v1/namespaces/${namespace}/configmaps/${configMap}`);
  const text = (object?.["data"] as Readonly<Record<string, string>> | undefined)?.[key];
  if (text === undefined) throw new Error(`ConfigMap ${configMap} has no key ${key}`);
  await writeFile(file, text);
}
