// What a status keeps of the evidence: verdicts of the gates, counters of the pods, and what was normal before.
import { countersSchema } from "@retriever/sidecar/contract/evidence.ts";
import { epochSchema } from "@retriever/sidecar/contract/overlay.ts";
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { documented } from "#fields/documented.ts";
import { instant, sentence, shortName } from "#fields/field-types.ts";

const gateName = z.string().max(40).meta(doc("Which gate it is.", "scoreDelta"));
const countedEpoch = epochSchema.meta(doc("Epoch that was counted.", 5));

/** A verdict of one gate, with everything a reader needs to check it. */
const verdictSchema = z.strictObject({
  gate: gateName,
  verdict: z
    .enum(["Pass", "Fail", "NotYet", "Unknown"])
    .meta(doc("NotYet: too little evidence. Unknown: none that can be trusted.", "Fail", "Maybe")),
  value: z.number().nullable().meta(doc("Share or mean that was observed; null without a sample.", 0.12)),
  interval: z
    .array(z.number())
    .length(2)
    .nullable()
    .meta(doc("Interval that holds the value at all reconciles together in 95 % of the epochs.", [0.08, 0.17], [0.1])),
  n: z.number().meta(doc("Samples it rests on.", 248)),
  limit: z.number().meta(doc("What value is held against.", 0.05)),
  windowSeconds: z.number().meta(doc("How long the evidence was gathered.", 300)),
  message: sentence.meta(
    doc("The verdict as a sentence.", "scoreDelta: 12 % of 248 samples are bad, over the limit of 5 %"),
  ),
});

export const verdictsSchema = z
  .array(verdictSchema)
  .max(12)
  .default([])
  .describe("The verdict of every gate with what it rests on: value, interval over all reconciles, samples, limit.");

const documentedCounters = documented(countersSchema, {
  requests: doc("All requests.", 5000),
  errors: doc("Requests that the primary failed.", 5),
  empty: doc("Answers without a candidate.", 10),
  latencySumMs: doc("Sum of the primary's times, in milliseconds.", 61_000),
  latencyBuckets: doc(
    "Answered requests by the primary's time: 14 edges from 1 ms to 5 s, and slower.",
    [0, 10, 185, 2000, 2500, 250, 30, 10, 5, 5, 0, 0, 0, 0, 0],
    [1, 2],
  ),
  overloaded: doc("Requests that the sidecar refused because too many were under way.", 0),
  failedChecked: doc("Failed requests that the shadow was asked as well.", 4),
  failedWorse: doc("Those of them that the source answered.", 3),
  answered: doc("Samples that both stores answered.", 248),
  shadowErrors: doc("Samples that the shadow failed.", 1),
  shadowTimeouts: doc("Samples that the shadow didn't answer in time.", 1),
  shadowDropped: doc("Samples given up because of the sidecar's own limit.", 0),
  scoreWorse: doc("Samples whose top similarity at the destination was lower by more than the limit.", 12),
  latencyWorse: doc("Samples that the destination answered slower by at least the limit.", 2),
  latencyBetter: doc("Samples that the source answered slower by at least the limit.", 1),
  emptyWorse: doc("Samples that came back empty from the destination alone.", 0),
  shadowLatencyBuckets: doc(
    "Answered samples by the shadow's time, with the same edges.",
    [0, 1, 9, 98, 125, 12, 2, 1, 0, 0, 0, 0, 0, 0, 0],
    [1, 2],
  ),
  mismatch: doc("Samples whose top chunk differs, ties apart.", 40),
  ties: doc("Samples whose top chunk differs by a tie.", 3),
  lagging: doc("Samples with chunks that only one store has because they are newer than the other store's newest.", 4),
  overlapSum: doc("Sum over the samples of the share of chunks in both answers.", 210.4),
  scoreWorseSum: doc("Sum over the samples of how much lower the destination's top similarity was.", 9.5),
  scoreBetterSum: doc("Sum over the samples of how much higher the destination's top similarity was.", 1.5),
  recallSamples: doc("Samples whose true answer is known from exact searches of both stores.", 120),
  recallLossSum: doc("Sum over them of how much lower the destination's recall was.", 1.2),
  recallGainSum: doc("Sum over them of how much higher it was.", 0.9),
  recallSquaresSum: doc("Sum over them of the squared difference of recall.", 0.3),
  contentSamples: doc("Samples in which content of chunks was compared.", 30),
  contentMissingSum: doc("Sum over them of the share of chunks that lack content at the destination.", 0.2),
  contentDifferentSum: doc("Sum over them of the share of chunks that have another content there.", 0.1),
});

const podEvidenceSchema = z.strictObject({
  uid: shortName.meta(doc("UID of the pod.", "6f1d4c1e-0000-4000-8000-000000000001")),
  startId: shortName.meta(doc("New with every start of the process.", "a1b2c3")),
  binsUntil: z
    .int()
    .min(0)
    .default(0)
    .meta(doc("End of its newest bin that was judged, in epoch seconds of its own clock.", 1_893_499_200)),
  counters: documentedCounters.optional().describe("What it counted."),
});

const weight = z.number().min(0);

/** A part of the fleet: a single pod where there are few. */
const evidenceGroupSchema = z.strictObject({
  requests: weight.meta(
    doc("Requests that were taken from it, fading with time: what one may weigh is told by it.", 900),
  ),
  samples: weight.meta(doc("The same of samples.", 45)),
  exact: weight.meta(doc("The same of samples that were searched exactly.", 40)),
  content: weight.default(0).meta(doc("The same of samples in which content was compared.", 3)),
  processes: z
    .array(z.string().max(80))
    .max(1500)
    .default([])
    .meta(
      doc(
        "Its processes: what stands for the pod's UID and for its start, up to where its bins were judged, and the samples that would be lost with it; then since when it is silent.",
        ["k3j9x0a2 9f3c 1893499200 12"],
      ),
    ),
  packedProcesses: z
    .string()
    .max(65_536)
    .optional()
    .meta(doc("The same of a large fleet as one text, in the place of `processes`.", "BCBgdvKvhR0v5BmcCABA")),
});

/** What one epoch counted over all pods, including those that are gone. */
export const epochEvidenceSchema = z.strictObject({
  epoch: countedEpoch,
  recordedAt: instant.describe("When it was written down."),
  counted: documentedCounters
    .optional()
    .describe("Totals of all processes, those that are gone as well; no pod weighs more than twice what others do."),
  lost: z
    .number()
    .min(0)
    .default(0)
    .meta(doc("Samples that may have been lost with processes; gates take them for the worst.", 2.5)),
  groups: z
    .array(evidenceGroupSchema)
    .max(12)
    .default([])
    .describe("The fleet in parts of equal size: single pods up to twelve."),
  vanishedPods: z.int().meta(doc("How many processes are gone.", 1)),
  pods: z.array(podEvidenceSchema).max(500).optional().describe("Written by the release before alone."),
  vanished: documentedCounters.optional().describe("Written by the release before alone."),
});

/** A Retry goes on with it, so that the same plan needn't prove the same again. */
export const rampEvidenceSchema = z
  .strictObject({
    at: instant.describe("When the cutover began."),
    counters: documentedCounters,
    lost: z.number().min(0).default(0).meta(doc("Samples that may have been lost with processes.", 2.5)),
  })
  .describe("What the last stage had counted when the cutover began; gone once the guard begins.");

const gateWindowsSchema = z.strictObject({
  gate: gateName,
  openBad: z.number().meta(doc("Bad samples of the epoch when the open window began.", 12)),
  openN: z.number().meta(doc("Samples of the epoch when the open window began.", 240)),
  windows: z
    .int()
    .min(0)
    .meta(doc("Closed windows with a sample.", 10, 0.5)),
  bad: z.number().meta(doc("Bad samples in them.", 11)),
  n: z.number().meta(doc("Samples in them.", 236)),
  squares: z.number().meta(doc("Sum over them of bad² / samples.", 1.5)),
});

/** What the gates know of bursts: enough to go on after any restart. */
export const dispersionStateSchema = z
  .strictObject({
    epoch: countedEpoch,
    openedAt: instant.describe("When the open window began."),
    gates: z.array(gateWindowsSchema).max(12).describe("The sums by gate."),
  })
  .describe("How far bad samples come in bursts: sums over the windows of the epoch.");

const requests = z.number().describe("Requests it rests on.");
const requestsPerSecond = z.number().describe("Requests per second.");
const errorShare = z.number().meta(doc("Share of failed requests.", 0.001));

export const baselineSchema = z
  .strictObject({
    requests: requests.meta({ examples: [40_000] }),
    errorShare,
    emptyShare: z.number().meta(doc("Share of empty answers.", 0.002)),
    p95Ms: z.number().meta(doc("p95 of the primary's times, in milliseconds.", 24.5)),
    mismatchShare: z.number().nullable().meta(doc("Share of mismatches in the warm-up; null until measured.", 0.15)),
    scoreOffset: z
      .number()
      .optional()
      .meta(doc("How much lower the destination's top similarity is on average, measured in the warm-up.", 0.004)),
    mismatchSamples: z.number().optional().meta(doc("Samples that mismatchShare rests on.", 4000)),
    requestsPerSecond: requestsPerSecond.meta({ examples: [14.8] }),
  })
  .describe("What was normal before the cutover; the new primary is held against it.");

export const sourceBaselineSchema = z
  .strictObject({
    requests: requests.meta({ examples: [4400] }),
    requestsPerSecond: requestsPerSecond.meta({ examples: [14.7] }),
    errorShare,
    p50Ms: z.number().meta(doc("p50 of its times, in milliseconds.", 11.2)),
    p95Ms: z.number().meta(doc("p95 of its times, in milliseconds.", 24.1)),
    at: instant.describe("When it was measured."),
  })
  .describe("What the source did before the first sample; held against it again after a rollback.");
