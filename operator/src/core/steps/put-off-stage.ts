// Time in which nobody looked is no time of a stage: what pods counted then is forgotten, but for what they remember.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { keptSeconds } from "@retriever/sidecar/contract/evidence.ts";
import type { Bin } from "../detection/new-bins.ts";
import { instantMs } from "../model/status-readings.ts";
import { longestObservationGapSeconds } from "../time/evidence-spans.ts";

const timed: readonly Phase[] = ["WarmUp", "Ramp"];

type Seen = {
  /** Not judged yet, oldest first. */
  readonly bins: readonly Bin[];
  /** End of the newest bin that was judged, epoch seconds; 0: none was. */
  readonly judgedUntil: number;
  /** Epoch ms. */
  readonly now: number;
};

/**
 * The status with the clocks of its stage and its validation put off by the time between the last bin that was judged and
 * the first one that pods remember. Where the new bins are all of the last minutes, somebody looked and nobody asked.
 */
export function putOffStage(status: MigrationStatus, { bins: [first], judgedUntil, now }: Seen): MigrationStatus {
  const { stage, validation } = status;
  if (first === undefined || judgedUntil === 0 || stage?.startedAt === undefined || !timed.includes(status.phase))
    return status;
  const unseenSeconds = first.at - judgedUntil;
  const isRemembered = now / 1000 - first.at > keptSeconds / 2;
  if (!isRemembered || unseenSeconds <= longestObservationGapSeconds) return status;
  const putOff = (at: string): string =>
    new Date(Math.min(now, (instantMs(at) ?? now) + unseenSeconds * 1000)).toISOString();
  return {
    ...status,
    stage: { ...stage, startedAt: putOff(stage.startedAt) },
    ...(validation === undefined ? {} : { validation: { ...validation, startedAt: putOff(validation.startedAt) } }),
  };
}
