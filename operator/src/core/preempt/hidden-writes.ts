// From the word that writers have moved the source falls behind: going back by itself would hide what was written since.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import { secondsBehindSource } from "../checks/rollback-ready.ts";
import type { Context } from "../model/context.ts";
import { instantMs } from "../model/status-readings.ts";
import { answeredStatuses } from "../pods/pods.ts";
import { servedFrom } from "../verification/purpose.ts";

/** Why a late rollback is left to a person; undefined where nothing stands against going back by itself. */
export function describeHiddenWrites(c: Context): string | undefined {
  const moved = c.status.acts?.writersMoved;
  if (moved === undefined || c.plan.rollback.acceptStaleSource || !isLate(c)) return undefined;
  const behind = secondsBehindSource(answeredStatuses(c.observation));
  const age =
    behind === undefined
      ? "neither is how old the source is"
      : `the source is ${printDuration(Math.max(0, behind))} behind the destination`;
  return `writers moved to the destination (${moved.actor}, ${moved.at}) and rollback.acceptStaleSource is false; how many writes a rollback would hide isn't known, ${age}; create a Rollback act to go back all the same`;
}

/** Since when pods may have been served from the destination; what can't be dated, or lies ahead, is late. */
function isLate({ status, now, plan }: Context): boolean {
  const from = instantMs(servedFrom(status));
  return from === undefined || from > now || (now - from) / 1000 > durationSeconds(plan.rollback.verifyDriftAfter);
}
