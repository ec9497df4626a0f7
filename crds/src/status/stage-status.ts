// Where in the ramp a migration is.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant } from "#fields/field-types.ts";

export const stageStatusSchema = z.strictObject({
  index: z.int().min(0).meta(doc("Stage of the ramp, from 0.", 2)),
  count: z.int().min(1).meta(doc("How many stages there are.", 3)),
  sampleRate: z.number().meta(doc("Rate of the stage.", 0.1)),
  startedAt: instant.optional().describe("When every pod had the rate and the first sample had come."),
});
