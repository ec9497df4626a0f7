// What the operator asked of the API server, from the server's own audit log.
// Reads only.
import { createReadStream, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { auditLog } from "#clusters/real/components.ts";
import { eventually } from "#support/eventually.ts";

/** The API server knows from its token in which pod an account asks. */
const podName = "authentication.kubernetes.io/pod-name";

const entrySchema = z.object({
  verb: z.string(),
  user: z.object({ extra: z.record(z.string(), z.array(z.string())).default({}) }),
  responseStatus: z.object({ code: z.int() }),
  objectRef: z
    .object({
      resource: z.string(),
      namespace: z.string().default(""),
      name: z.string().default(""),
      subresource: z.string().optional(),
    })
    .optional(),
});

type OperatorRequest = {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Pod of the operator that asked. */
  readonly pod: string;
  /** Status of the answer. */
  readonly code: number;
};

const reading = new Set(["get", "list", "watch"]);
/** The operator lists all migrations at every resync, and looks at finished ones at every tenth. */
const lists = 11;
const deadlineMs = 120_000;

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
      pod: entry.user.extra[podName]?.[0] ?? "",
      code: entry.responseStatus.code,
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

/** Waits until the operator has gone through everything once more, and resolves with what it wrote meanwhile to a namespace. */
export async function writesDuringResync(folder: string, namespace: string): Promise<string[]> {
  const file = join(folder, auditLog);
  // What was decided just before has still to be told and kept.
  await listed(file, 2);
  const seen = await listed(file, lists);
  return seen
    .filter((one) => one.namespace === namespace && !reading.has(one.verb))
    .map(({ verb, resource, name }) => `${verb} ${resource} ${name}`);
}

/** The place in the log that everything from now on comes after. */
export function placeOfNow(folder: string): number {
  return statSync(join(folder, auditLog)).size;
}

/** What one pod of the operator wrote, or tried to write, anywhere after this place of the log. */
export async function writesOfPod(folder: string, pod: string, start: number): Promise<readonly OperatorRequest[]> {
  const requests = await requestsSince(join(folder, auditLog), start);
  return requests.filter((one) => one.pod === pod && !reading.has(one.verb));
}

/** Waits for so many lists of all migrations from now on; what was asked meanwhile. */
function listed(file: string, count: number): Promise<readonly OperatorRequest[]> {
  const start = statSync(file).size;
  const isList = ({ verb, resource, namespace }: OperatorRequest) =>
    verb === "list" && resource === "retrievermigrations" && namespace === "";
  return eventually(
    `the operator lists all migrations ${count} times`,
    async () => {
      const requests = await requestsSince(file, start);
      return requests.filter(isList).length >= count ? requests : false;
    },
    { deadlineMs },
  );
}
