// What a cluster leaves on the machine outside its own folder: a bridge with two addresses, and groups of processes.
// Makes and removes these and nothing else.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bridge, cgroup, hostAddress, podSubnet, serviceAddress } from "./layout.ts";

const run = promisify(execFile);
const deadlineMs = 10_000;
const ip = (...words: readonly string[]) => run("ip", words, { timeout: deadlineMs });

/** Makes the bridge, up, with the machine's address among the pods and the API's service address. */
export async function makeBridge(): Promise<void> {
  await ip("link", "add", "name", bridge, "type", "bridge");
  await ip("address", "add", `${hostAddress}/${podSubnet.split("/")[1]}`, "dev", bridge);
  await ip("address", "add", `${serviceAddress}/32`, "dev", bridge);
  await ip("link", "set", bridge, "up");
}

/** Removes the bridge and the groups; what isn't there is removed. */
export async function removeTraces(): Promise<void> {
  if (existsSync(`/sys/class/net/${bridge}`)) await ip("link", "delete", bridge);
  for (const root of cgroupRoots()) removeGroup(join(root, cgroup));
}

/** One root with cgroups of version 2, one for each controller with version 1. */
function cgroupRoots(): readonly string[] {
  const root = "/sys/fs/cgroup";
  if (!existsSync(root)) return [];
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [root, ...folders.map(({ name }) => join(root, name))];
}

function removeGroup(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // A process that is just ending keeps its group; the next start removes it.
  }
}
