// The folder of a running cluster, and the end of those whose owner is gone: after a crash the next start cleans up.
// Touches only folders that say whose they are.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { ClusterKind } from "./layout.ts";
import { removeTraces } from "./machine.ts";
import { identityOf, isAlive, processIdentitySchema } from "./process-identity.ts";

const ownerSchema = z.strictObject({
  kind: z.enum(["control-plane", "node"]),
  owner: processIdentitySchema,
  supervisor: processIdentitySchema.optional(),
});
type Owner = z.infer<typeof ownerSchema>;

/** One per user; short, because sockets' paths are. */
const usualBase = join(tmpdir(), `retriever-e2e-${process.getuid?.() ?? 0}`);
const ownerFile = "owner.json";

type StateFolder = {
  readonly path: string;
  /** Writes down who must end with the owner. */
  readonly claimFor: (supervisor: number) => Promise<void>;
  readonly remove: () => Promise<void>;
};

/** Clears what dead owners left, and makes a folder owned by this process. A machine has room for one node only. */
export async function openStateFolder(kind: ClusterKind, base = usualBase): Promise<StateFolder> {
  await mkdir(base, { recursive: true, mode: 0o755 });
  const living = await sweep(base);
  const rival = living.find((one) => one.kind === "node");
  if (kind === "node" && rival !== undefined)
    throw new Error(`process ${rival.owner.pid} runs a node on this machine; only one at a time has room`);
  if (kind === "node") await removeTraces();
  const owner = identityOf(process.pid);
  if (owner === undefined) throw new Error("/proc doesn't tell of this process");
  const path = join(base, `${kind}-${process.pid}-${Date.now().toString(36)}`);
  await mkdir(path, { mode: 0o755 });
  const write = (claim: Owner) => writeFile(join(path, ownerFile), JSON.stringify(claim));
  await write({ kind, owner });
  return {
    path,
    claimFor: async (pid) => write({ kind, owner, supervisor: identityOf(pid) }),
    remove: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      if (kind === "node") await removeTraces();
    },
  };
}

/** Ends and removes what has no owner any more; resolves with the owners that live. */
async function sweep(base: string): Promise<readonly Owner[]> {
  const living: Owner[] = [];
  for (const name of await readdir(base)) {
    const folder = join(base, name);
    const claim = await readOwner(folder);
    if (claim !== undefined && isAlive(claim.owner)) {
      living.push(claim);
      continue;
    }
    // It ends by itself when its owner does; this is for the one that was too slow.
    if (claim?.supervisor !== undefined && isAlive(claim.supervisor)) process.kill(claim.supervisor.pid, "SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  return living;
}

async function readOwner(folder: string): Promise<Owner | undefined> {
  const file = join(folder, ownerFile);
  if (!existsSync(file)) return undefined;
  return ownerSchema.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
}
