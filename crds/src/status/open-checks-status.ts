// What is open before a migration may go on, all of it at once, as a status keeps it.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { reasonWord, sentence, shortName } from "#fields/field-types.ts";

const openCheckSchema = z.strictObject({
  check: shortName.meta(
    doc(
      "What is asked: a check of spec.checklist, or what else has to be so, such as pods, policy or gates.",
      "approvals",
    ),
  ),
  status: z.enum(["False", "Unknown"]).meta(doc("Unknown where nothing was proved.", "False", "True")),
  reason: reasonWord.meta(doc("Why, as one word.", "ApprovalsMissing")),
  message: sentence.meta(doc("Why, as a sentence.", "approve plan 0123456789abcdef: needs sre-on-call 0 of 1")),
  answeredBy: sentence.meta(
    doc(
      "Who or what answers it.",
      "people in the role sre-on-call: kubectl retriever approve docs-to-qdrant --role ROLE",
    ),
  ),
});

export const openChecksSchema = z
  .array(openCheckSchema)
  .max(20)
  .describe(
    "There in Pending, Preflight, AwaitingApproval and AwaitingCutover: all that is open, each with who answers it.",
  );
export type OpenCheck = z.infer<typeof openCheckSchema>;
