// The checks of an accepted plan, as a status keeps them.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { checkNames } from "#spec/checklist-spec.ts";

const checkStatusSchema = z.strictObject({
  check: z.enum(checkNames).meta(doc("Name of the check.", "parity", "budget")),
  policy: z.enum(["Require", "Skip"]).meta(doc("Whether it is made.", "Require", "Maybe")),
  from: z
    .enum(["Manifest", "Policy", "Profile"])
    .meta(doc("Who decided that: the manifest, a RetrieverMigrationPolicy, or checklist.profile.", "Profile", "Luck")),
});

export const checksStatusSchema = z
  .array(checkStatusSchema)
  .max(10)
  .describe(
    "The checks of the accepted plan, frozen with it. Absent in plans of earlier versions, which name them all.",
  );
