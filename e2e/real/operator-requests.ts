// What the operator asked of the API server, from the server's own audit log.
// Reads only.
import { createReadStream, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { auditLog } from "#cluster/components.ts";
import { eventually } from "#stories/eventually.ts";

const entrySchema = z.object({
  verb: z.string(),
  objectRef: z
    .object({
      resource: z.string(),
      namespace: z.string().default(""),
      name: z.string().default(""),
      subresource: z.string().optional(),
    })
    .optional(),
});

export type OperatorRequest = {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
};

const reading = new Set(["get", "list", "watch"]);
/** The first is asked for and may have been under way; the second is the operator's own. */
const looks = 2;

/** Requests that were answered after this place of the log. */
async function requestsSince(file: string, start: number): Promise<readonly OperatorRequest[]> {
  const requests: OperatorRequest[] = [];
  for await (const line of createInterface({ input: createReadStream(file, { start }) })) {
    const entry = parseLine(line);
    if (entry?.objectRef === undefined) continue;
    const { resource, subresource, namespace, name } = entry.objectRef;
    requests.push({
      verb: entry.verb,
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      namespace,
      name,
    });
  }
  return requests;
}

/** Undefined for a line that is still being written. */
function parseLine(line: string) {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export type Watched = {
  /** Of the cluster. */
  readonly folder: string;
  readonly namespace: string;
  readonly migration: string;
  /** Changes something of the migration that means nothing, so that the operator looks. */
  readonly touch: () => Promise<unknown>;
};

/** Waits for two more looks of the operator at a migration, and resolves with what it wrote meanwhile to its namespace. */
export async function writesDuringResync({ folder, namespace, migration, touch }: Watched): Promise<string[]> {
  const file = join(folder, auditLog);
  const start = statSync(file).size;
  await touch();
  const seen = await eventually(`the operator looks ${looks} times at ${namespace}/${migration}`, async () => {
    const requests = (await requestsSince(file, start)).filter((one) => one.namespace === namespace);
    const isLook = ({ verb, resource, name }: OperatorRequest) =>
      verb === "get" && resource === "retrievermigrations" && name === migration;
    return requests.filter(isLook).length >= looks ? requests : false;
  });
  return seen.filter(({ verb }) => !reading.has(verb)).map(({ verb, resource, name }) => `${verb} ${resource} ${name}`);
}
