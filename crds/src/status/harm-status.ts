// What a status keeps of harm: evidence of every line, enough to go on after any restart, and what was done about it.
import { epochSchema } from "@retriever/sidecar/contract/overlay.ts";
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant, sentence, shortName } from "#fields/field-types.ts";

/** Lines of harm. `errors` is of slices alone. */
export const harmLines = [
  "score",
  "latency",
  "mismatch",
  "recall",
  "content",
  "shadowErrors",
  "liveErrors",
  "emptyAnswers",
  "liveLatency",
  "errors",
  "severe",
] as const;
export type HarmLineName = (typeof harmLines)[number];

const badCount = z.number().meta(doc("Bad samples, or the sum of losses.", 31));
const sampleCount = z.number().meta(doc("Samples or requests.", 32));

const retired = "Written by an earlier version, and read no more.";

const causeClockSchema = z.strictObject({
  since: instant.describe("Since when the evidence has stood without being refuted or lost from sight."),
  share: z.number().meta(doc("Share that the newest part has to refute to end it.", 0.5)),
  bad: badCount,
  n: sampleCount,
  sourceBad: z.number().meta(doc("What the source did at the same time: its bad ones.", 0)),
  sourceN: z.number().meta(doc("What the source did at the same time: all of them.", 30)),
  partFrom: instant.describe("When the newest part began; at its end it is judged."),
  partBad: badCount,
  partN: sampleCount,
  shared: z
    .number()
    .optional()
    .meta(
      doc(
        "Seconds of parts in which the source was as bad, each taken twice off the time since the clock began; 0: it began with one.",
        60,
      ),
    ),
  parts: z.int().default(0).meta(doc("Parts that bore it out, three at most.", 2)),
  pieceFrom: instant.optional().describe(retired),
  pieceBad: z.number().optional().meta(doc(retired, 0)),
  pieceN: z.number().optional().meta(doc(retired, 0)),
  pieceSquares: z.number().optional().meta(doc(retired, 0)),
  seenAt: instant.describe("End of the newest bin with a sample."),
  partSquares: z.number().default(0).meta(doc("Sum of squares of the newest part, of a line that judges a mean.", 0)),
  verdict: z
    .enum(["waiting", "worse", "unproved", "unseen"])
    .meta(
      doc(
        "waiting: it hasn't lasted. worse: it has, and is surely the destination's doing. unproved: the source may be as bad. unseen: nobody asked the source.",
        "waiting",
        "bad",
      ),
    ),
});

const severeRunSchema = z.strictObject({
  from: instant.describe("When it began."),
  requests: z.number().meta(doc("Requests since then.", 50)),
  failures: z.number().meta(doc("Requests that failed and that the source didn't fail as well.", 40)),
  sourceBad: z.number().default(0).meta(doc("What the source failed at the same time.", 0)),
  sourceN: z.number().default(0).meta(doc("What the source was asked at the same time.", 38)),
  failingSeconds: z.number().meta(doc("How long all requests would have had to fail for as many.", 16)),
  partBad: badCount,
  partN: sampleCount,
  pods: z
    .array(shortName)
    .max(10)
    .meta(doc("Pods that failed some, two at most.", ["6f1d4c1e-0000-4000-8000-000000000001"])),
});

const harmLineSchema = z.strictObject({
  line: z.enum(harmLines).meta(doc("What is judged.", "score", "tone")),
  slice: z
    .int()
    .min(0)
    .max(20)
    .nullable()
    .meta(doc("Number of the slice, 20 for all others together; null for all traffic.", null)),
  limit: z.number().meta(doc("The share or mean that may not be exceeded.", 0.05)),
  bad: badCount,
  n: sampleCount,
  evidence: z
    .number()
    .min(0)
    .max(1)
    .meta(doc("How much of the evidence that acting takes is there, on a scale of logarithms; 1 stands.", 1)),
  logs: z
    .array(z.number())
    .max(8)
    .meta(doc("The detector's sums, as logarithms.", [9.1, 12.2, 15.8, 18.9, 20.1, 19.7, 12.2, 2.5])),
  clock: causeClockSchema.optional().describe("Of a line whose evidence stands."),
  run: severeRunSchema.optional().describe("Of severe harm."),
  groups: z
    .array(z.array(z.number()).max(7))
    .max(12)
    .optional()
    .meta(
      doc(
        "What each group of `evidence.groups` counted since the clock or the run began: bad ones, all, sum of squares, and the source's bad ones and all; then what speaks against the destination and against the source in the newest part.",
        [
          [31, 32, 0, 0, 10, 9, 0],
          [0, 30, 0, 0, 9, 0, 0],
        ],
      ),
    ),
});
export type CauseClock = z.infer<typeof causeClockSchema>;
export type SevereRun = z.infer<typeof severeRunSchema>;
export type HarmLine = z.infer<typeof harmLineSchema>;

const sliceNameSchema = z.strictObject({
  name: z.string().max(256).meta(doc("The namespace.", "tenant-a")),
  requests: z.number().meta(doc("Its requests when the slices were chosen.", 1200)),
});

/** What is worse now, and what was done about it. */
export const harmStatusSchema = z.strictObject({
  alertSince: instant.optional().describe("Since when some line's evidence has stood."),
  causes: z
    .array(sentence)
    .max(10)
    .default([])
    .meta(doc("What was found.", ["score lower by more than 0.2"])),
  stepDowns: z.int().default(0).meta(doc("How often the rate was stepped down since the start or the last Resume.", 1)),
  heldSince: instant.optional().describe("Set while rises are held until a person resumes."),
  quietSince: instant
    .optional()
    .describe("Since when nothing of the harm that is held stands; over for good after `rollback.sustainedFor`."),
  firingUntil: instant.optional().describe("Written by the first release alone, and read no more."),
});

export const detectionStateSchema = z
  .strictObject({
    epoch: epochSchema.meta(doc("Epoch that is judged.", 5)),
    from: instant.describe("Beginning of its first bin."),
    until: instant.describe("End of the newest bin of evidence that was judged."),
    lines: z.array(harmLineSchema).max(100).default([]).describe("The lines; of slices only those with some evidence."),
    packedLines: z
      .string()
      .max(65_536)
      .optional()
      .meta(doc("The same as one text, in the place of `lines`, where a status would be too large.", "BAAA")),
    slices: z
      .array(sliceNameSchema)
      .max(64)
      .default([])
      .describe("Namespaces by traffic; once chosen, the slices in their order."),
    nextSlices: z
      .array(sliceNameSchema)
      .max(64)
      .optional()
      .describe("Namespaces by traffic, while those of the other side of the cutover are still the slices."),
    slicesChosenIn: z
      .string()
      .max(40)
      .optional()
      .meta(doc("Part of the migration for which the slices were chosen.", "Guard")),
  })
  .describe("Evidence of harm: enough to go on after any restart.");
export type DetectionState = z.infer<typeof detectionStateSchema>;
