// Whether a process that was written down once is still the same one: process ids are given out again.
// Reads /proc alone.
import { readFileSync } from "node:fs";
import { z } from "zod";

export const processIdentitySchema = z.strictObject({ pid: z.int(), startedAt: z.string() });
type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** Undefined when there is no such process. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold spaces; the fields after it don't.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startedAt] = [fields[0], fields[19]];
    return state === "Z" || startedAt === undefined ? undefined : { pid, startedAt };
  } catch {
    return undefined;
  }
}

/** Whether that very process is there. */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return identityOf(pid)?.startedAt === startedAt;
}
