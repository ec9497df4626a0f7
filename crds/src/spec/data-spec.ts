// What the operator may do to the data of the two stores. By default nothing: it compares.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { durationSchema } from "#fields/duration-schema.ts";

export const dataSchema = z.strictObject({
  copy: z
    .enum(["Never", "IfIncomplete"])
    .default("Never")
    .meta(
      doc(
        "IfIncomplete: once the plan is approved, what the destination lacks is copied from the source in Preflight, by a Job of the CronJob <workload>-retriever-copy.",
        "IfIncomplete",
        "Always",
        { "spec.checklist.approvals.policy": "Require" },
      ),
    ),
  sync: z
    .enum(["Never", "Continuous"])
    .default("Never")
    .meta(
      doc(
        "Continuous: once the plan is approved and the copy, if any, has ended, a Job of the CronJob <workload>-retriever-sync brings what is written to the source to the destination, until a WritersMoved or the end.",
        "Continuous",
        "Once",
        { "spec.checklist.approvals.policy": "Require" },
      ),
    ),
  maxLag: durationSchema
    .default("1m")
    .meta(doc("How far behind the source the destination may be at the cutover, where it is synced.", "2m", "2 min")),
  verifyEvery: durationSchema
    .default("1h")
    .meta(doc("How long ago the sync's last full verification may have begun at the cutover.", "4h", "4 hours")),
});

type WithData = { readonly data: z.infer<typeof dataSchema> };

/** Whether a plan lets the operator have a store written to: then people have to agree, whatever the profile says. */
export function writesToStores(plan: WithData): boolean {
  return copiesData(plan) || syncsData(plan);
}

/** Whether a plan has the destination filled. */
export function copiesData({ data }: WithData): boolean {
  return data.copy !== "Never";
}

/** Whether a plan has the destination kept equal to a source that is written to. */
export function syncsData({ data }: WithData): boolean {
  return data.sync !== "Never";
}
