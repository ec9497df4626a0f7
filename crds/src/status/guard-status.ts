// The guard's clocks, and what it proved.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant } from "#fields/field-types.ts";
import { harmLines } from "./harm-status.ts";

export const guardStatusSchema = z.strictObject({
  startedAt: instant.describe("When the guard began."),
  tickedAt: instant.describe("When its clocks were moved last."),
  /** The time after it counts by this and by what the next reconcile observes. */
  visibility: z
    .enum(["watched", "idle", "unobserved", "held"])
    .default("unobserved")
    .meta(doc("What the last reconcile could observe; held counts on no clock.", "held", "sleepy")),
  watchedSeconds: z.number().meta(doc("Time without harm in which a total failure would have been noticed.", 4200)),
  idleSeconds: z.number().meta(doc("Time with too few requests to notice a total failure in; it doesn't count.", 60)),
  smallestHarm: z
    .array(
      z.strictObject({
        line: z.enum(harmLines).meta(doc("What was judged.", "score", "tone")),
        share: z.number().nullable().meta(doc("Least share it would have detected; null: not even everything.", 0.058)),
      }),
    )
    .max(10)
    .optional()
    .describe("At the end: the smallest harm that each line would have detected."),
  unobservedSeconds: z.number().meta(doc("Time in which some pod's evidence was missing; it doesn't count.", 30)),
});
