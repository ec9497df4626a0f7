// Since when a migration stands still, and whom that was told.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant } from "#fields/field-types.ts";

export const waitingStatusSchema = z.strictObject({
  since: instant.describe("Since when nothing has moved; later by as long as short breaks lasted."),
  endedAt: instant.optional().describe("Since when it isn't so: within a quarter of an hour it would go on as it was."),
  blocked: z
    .strictObject({
      since: instant.describe("Since when, without the breaks."),
      endedAt: instant.optional().describe("Since when it isn't so."),
    })
    .optional()
    .describe("There while it waits for more than a person or a clock."),
  danger: z
    .strictObject({
      since: instant.describe("Since when, without the breaks."),
      endedAt: instant.optional().describe("Since when it isn't so."),
    })
    .optional()
    .describe("There while users may be harmed or couldn't be taken back by it."),
  behind: z
    .strictObject({
      since: instant.describe("Since when, without the breaks."),
      endedAt: instant.optional().describe("Since when it isn't so."),
      toldAt: instant.optional().describe("When it was told last."),
    })
    .optional()
    .describe("There while harm that is held answers before something else that holds it as well."),
  told: z
    .enum(["page", "ticket"])
    .optional()
    .meta(doc("How it was told last.", "ticket", "shouted")),
  toldAt: instant.optional().describe("When it was told last."),
});
