// Effect deleteJobs: Jobs that nobody waits for, with their pods.
import type { Effect } from "#core/model/decision.ts";
import type { Doing } from "./doing.ts";

export async function deleteJobs({ jobs }: Extract<Effect, { kind: "deleteJobs" }>, doing: Doing): Promise<void> {
  for (const job of jobs) await doing.jobs.deleteJob(doing.meta, job, doing.signal);
}
