// Which pods have the configuration in force, and which ones the cutover went on without.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant, shortName } from "#fields/field-types.ts";

export const acksSchema = z.strictObject({
  pods: z.int().meta(doc("Pods with a sidecar.", 3)),
  matched: z.int().meta(doc("Those that have it.", 1)),
  lagging: z
    .array(shortName)
    .max(20)
    .meta(doc("Those that don't, by name; at most 20.", ["search-api-7d9f-abcde"])),
  lost: z
    .array(shortName)
    .max(20)
    .meta(doc("Those that don't answer, by name; at most 20.", ["search-api-7d9f-fghij"])),
  fenced: z
    .array(shortName)
    .max(20)
    .optional()
    .meta(
      doc("Those that read a cutover too late and stay at the source, by name; at most 20.", ["search-api-7d9f-klmno"]),
    ),
  waited: z
    .strictObject({
      since: instant.describe("Since when they are waited for without a gap."),
      at: instant.describe("When that was seen last; written once a minute."),
    })
    .optional()
    .describe("In a cutover that not enough pods follow yet: a time without an operator isn't counted against them."),
});

export const cutoverStatusSchema = z.strictObject({
  fenced: z
    .array(
      z.strictObject({
        name: shortName.meta(doc("Name of the pod.", "search-api-7d9f-klmno")),
        uid: shortName.meta(doc("UID of the pod.", "0b4e2b6e-0000-4000-8000-000000000001")),
      }),
    )
    .max(20)
    .describe("Pods that had not followed; at most 20. One that starts anew follows."),
  fencedPods: z.int().min(0).meta(doc("How many there were.", 1)),
});
