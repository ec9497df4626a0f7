// Effect createJob: made once; made before is made.
import type { Effect } from "#core/model/decision.ts";
import type { Doing } from "./doing.ts";

export async function createJob(effect: Extract<Effect, { kind: "createJob" }>, doing: Doing): Promise<void> {
  const { job: name, template, since } = effect;
  await doing.jobs.createJob(doing.meta, { name, template, since }, doing.signal);
}
