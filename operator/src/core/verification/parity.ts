// The check parity: do both stores hold the same candidates? Only a comparison answers; everything else is Unknown.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import { verifyTemplateName } from "@retriever/sidecar/contract/names.ts";
import type { Context } from "../model/context.ts";
import type { Fact } from "../model/status-readings.ts";
import { ageSeconds, resultInForce } from "./ask.ts";
import { judgeResult } from "./judge-result.ts";
import { purposeOf } from "./purpose.ts";
import { openRun } from "./runs.ts";

/** The answer of the purpose the phase asks for: before the cutover the one of the preflight doesn't count any more. */
export function judgeParity(c: Context): Fact {
  const purpose = purposeOf(c.status.phase) ?? "Preflight";
  const last = resultInForce(c, purpose);
  const open = openRun(c.status);
  const again = open === undefined ? "" : `; Job ${open.job} compares again`;
  if (last === undefined) return open === undefined ? unasked(c) : comparing(open.job, open.since);
  const judged = judgeResult(c.plan, last.result);
  if (judged.status !== "True") return { ...judged, message: `${judged.message}${again}` };
  const { maxAge, recheck, timeout } = c.plan.checklist.parity;
  const longest =
    purpose === "Preflight" ? durationSeconds(maxAge) : durationSeconds(recheck) + durationSeconds(timeout);
  if (ageSeconds(c, last) <= longest) return judged;
  return { status: "Unknown", reason: "ResultTooOld", message: `the result of ${last.result.at} is too old${again}` };
}

function comparing(job: string, since: string | undefined): Fact {
  const what = since === undefined ? "the stores" : `what was written since ${since}`;
  return { status: "Unknown", reason: "Comparing", message: `Job ${job} compares ${what}` };
}

/** Why no comparison is under way. */
function unasked({ observation, plan }: Context): Fact {
  const unknown = (reason: string, message: string): Fact => ({ status: "Unknown", reason, message });
  const name = verifyTemplateName(plan.target.name);
  const { jobs } = observation;
  if (jobs === undefined) return unknown("NotCompared", "the stores have not been compared yet");
  if (!jobs.ok) return unknown("NotObserved", `the Jobs that compare the stores can't be read: ${jobs.why}`);
  const { verifier } = jobs.value;
  if (verifier === null) {
    return unknown(
      "NoTemplate",
      `there is no CronJob ${name} to compare the stores with; the library chart renders it`,
    );
  }
  if (!verifier.suspended) return unknown("TemplateNotSuspended", `CronJob ${name} must be suspended`);
  if (!verifier.hasVerifier) {
    return unknown("TemplateUnusable", `CronJob ${name} has no container named retriever-verify`);
  }
  return unknown("NotCompared", "the stores have not been compared yet");
}
