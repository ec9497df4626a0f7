// What the operator may do to the data of the two stores. By default nothing: it compares.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";

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
});

/** Whether a plan lets the operator have a store written to: then people have to agree, whatever the profile says. */
export function writesToStores({ data }: { readonly data: z.infer<typeof dataSchema> }): boolean {
  return data.copy !== "Never";
}
