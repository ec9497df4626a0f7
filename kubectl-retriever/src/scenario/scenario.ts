// The scenario of a rehearsal: what the world does while the operator decides. Every default is a healthy world.

import { durationPattern, durationSeconds } from "@retriever/crds/fields/duration.ts";
import { durationSchema } from "@retriever/crds/fields/duration-schema.ts";
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { z } from "zod";
import { momentExpectation, parseMoment } from "./scenario-moment.ts";

export const scenarioKind = "RehearsalScenario";

const share = z.number().min(0).max(1);
const latencyMs = z.number().gt(0).max(60_000);
/** Most requests per second that are simulated. */
export const mostRequestsPerSecond = 10_000;
const requestsPerSecond = z.number().min(0).max(mostRequestsPerSecond);

/** Most pods a rehearsal plays: more would only take longer. */
const mostPods = 100;
const mostNamespaces = 10_000;

/** How one store behaves. */
const storeFields = {
  /** Median time of an answer. */
  latencyMs: latencyMs.default(18),
  /** Share of requests it fails. */
  errors: share.default(0),
  /** Share of answers without a candidate. */
  empty: share.default(0),
  /** It can't be reached: every request and every probe fails. */
  down: z.boolean().default(false),
  /** It refuses the credential. */
  refusesCredential: z.boolean().default(false),
  /** The collection or table is missing. */
  missing: z.boolean().default(false),
  dimension: z.int().min(1).max(16_000).default(384),
  /** How far its newest `updated_at` is behind the clock. */
  behind: durationSchema.default("0s"),
  /** Share of the truly nearest chunks that it finds. Says nothing of `mismatch`: that is stated for itself. */
  recall: share.default(1),
  /** Slower for a while after it was first asked or became primary: its caches are cold. */
  cold: z.strictObject({ for: durationSchema, latencyMs }).optional(),
};

/** Bad samples that come together: once in `every`, for `length`, at a moment of chance, their share is `share`. */
const burstsSchema = z
  .strictObject({
    every: durationSchema,
    length: durationSchema,
    share,
    of: z.enum(["latencyWorse", "scoreWorse", "mismatch"]).default("latencyWorse"),
  })
  .refine(({ every, length }) => spanOf(length) > 0 && spanOf(length) <= spanOf(every), {
    path: ["length"],
    message: "expected more than 0s and at most every",
  });

/** 0 for what isn't a duration, which its own schema refuses. */
function spanOf(text: string): number {
  return durationPattern.test(text) ? durationSeconds(text) : 0;
}

const sourceSchema = z.strictObject(storeFields);
const destinationSchema = z.strictObject({
  ...storeFields,
  /** Share of samples whose top similarity is lower than the source's by more than the threshold. */
  scoreWorse: share.default(0.006),
  /** Share of samples slower than the source by the threshold or more; from both stores' latencies when left out. */
  latencyWorse: share.optional(),
  /** Share of samples with another top chunk. */
  mismatch: share.default(0.03),
  /** How much lower every similarity is, as after quantisation. */
  scoreOffset: share.default(0),
  bursts: burstsSchema.optional(),
});

const differing = z.int().min(0).max(1_000_000_000);

/** What a comparison of the stores would find. */
const parityFields = {
  missing: differing.default(0),
  extra: differing.default(0),
  stale: differing.default(0),
  payload: differing.default(0),
  vector: differing.default(0),
  /** Explained by the lag between the stores. */
  lagging: differing.default(0),
  /** It ends without an answer. */
  cannot: z.boolean().default(false),
  /** There is no CronJob to compare with. */
  noTemplate: z.boolean().default(false),
  takes: durationSchema.default("90s"),
};

/** A week of minutes. */
export const mostTrafficValues = 10_080;

/** Traffic as it was measured, over and over; `--traffic FILE` makes it of a file. */
const seriesSchema = z.strictObject({
  /** When the first value begins; the scenario's start when left out. */
  from: z.iso.datetime().optional(),
  every: durationSchema.refine((text) => durationSeconds(text) >= 1, "expected a time of at least 1s").default("1h"),
  requestsPerSecond: z.array(requestsPerSecond).min(1).max(mostTrafficValues),
});
export type TrafficSeries = z.infer<typeof seriesSchema>;

/** What events of traffic may change. */
const trafficFields = {
  /** Of all pods together. */
  requestsPerSecond: requestsPerSecond.default(20),
  /** Both stores take so many times as long: what they share is slow. */
  latencyFactor: z.number().gt(0).max(1000).default(1),
  /** Share of requests that fail at both stores, as when a client goes on retrying one failing query. */
  errorsOnSame: share.default(0),
};

const hours = z.array(z.number().min(0).max(100)).length(24);

/** One namespace is worse than the others: at the destination, by shares of its own. */
const namespaceEventSchema = z.strictObject({
  rank: z.int().min(1).max(mostNamespaces),
  scoreWorse: share.optional(),
  mismatch: share.optional(),
  errors: share.optional(),
  empty: share.optional(),
  latencyMs: latencyMs.optional(),
});

const trafficSchema = z
  .strictObject({
    ...trafficFields,
    /** 24 factors, the first for 00:00 to 01:00 UTC; 1 is `requestsPerSecond`. */
    byHour: hours.optional(),
    /** Takes the place of both. */
    series: seriesSchema.optional(),
    /** Factors of the time that both stores take. */
    latencyByHour: z.array(z.number().gt(0).max(100)).length(24).optional(),
    /** Who asks, by Zipf's law: the namespace at a rank has 1 / rank^exponent times the traffic of the first. */
    namespaces: z
      .strictObject({ count: z.int().min(1).max(mostNamespaces), exponent: z.number().min(0).max(5).default(1) })
      .optional(),
  })
  .refine(({ byHour, series }) => byHour === undefined || series === undefined, "expected byHour or series, not both");

/** The same fields without defaults: what an event doesn't name stays as it was. */
function withoutDefaults<Shape extends z.ZodRawShape>(shape: Shape) {
  const bare = Object.entries(shape).map(([name, schema]) => [
    name,
    (schema instanceof z.ZodDefault ? schema.unwrap() : schema) as z.ZodType,
  ]);
  return Object.fromEntries(bare) as {
    [Key in keyof Shape]: Shape[Key] extends z.ZodDefault<infer Inner> ? Inner : Shape[Key];
  };
}

const podCount = z.int().min(1).max(mostPods);

/** What happens to the pods; `silent`, `stuck`, `lying` and `sticky` count from the first pod. */
const podsEventSchema = z.union([
  z.strictObject({ scale: z.int().min(0).max(mostPods) }),
  /** The sidecar's process begins anew in as many pods. */
  z.strictObject({ restart: podCount }),
  /** As many pods are replaced by new ones. */
  z.strictObject({ replace: podCount }),
  /** The operator can't reach as many sidecars: a time without observation. */
  z.strictObject({ silent: podCount }),
  /** As many pods never see a new configuration. */
  z.strictObject({ stuck: podCount }),
  /** As many pods tell something else than what they counted. */
  z.strictObject({ lying: podCount, claim: z.enum(["Healthy", "Failing", "Anything"]) }),
  /** As many pods get all requests. */
  z.strictObject({ sticky: podCount }),
]);

const scenarioActs = [
  "Approve",
  "Deny",
  "Waive",
  "Promote",
  "Retry",
  "CompleteGuard",
  "WritersMoved",
  "Pause",
  "Resume",
  "Abort",
  "Rollback",
] as const;

/** What an event may do; each event does one of them. */
export const eventActions = [
  "traffic",
  "source",
  "destination",
  "namespace",
  "parity",
  "pods",
  "operator",
  "unreadable",
  "act",
  "base",
  "overlay",
  "migration",
] as const;

const scenarioEventSchema = z.strictObject({
  /** When: see `parseMoment`. */
  at: z.string().refine((text) => parseMoment(text) !== undefined, `expected ${momentExpectation}`),
  /** For how long; for good when left out. Only where something can end by itself. */
  for: durationSchema.optional(),
  /** What a reader of the timeline should see; a wording is made up when left out. */
  note: z.string().min(1).max(120).optional(),
  traffic: z.strictObject(withoutDefaults(trafficFields)).partial().optional(),
  source: z.strictObject(withoutDefaults(storeFields)).partial().optional(),
  destination: z.strictObject(withoutDefaults(destinationSchema.shape)).partial().optional(),
  namespace: namespaceEventSchema.optional(),
  parity: z.strictObject(withoutDefaults(parityFields)).partial().optional(),
  pods: podsEventSchema.optional(),
  /** No operator reconciles; its successor knows only what the cluster knows. */
  operator: z.enum(["Down"]).optional(),
  /** What the API server doesn't answer. */
  unreadable: z
    .array(z.enum(["target", "overlay", "pods", "acts"]))
    .min(1)
    .optional(),
  act: z.enum(scenarioActs).optional(),
  actor: z.string().min(1).max(253).optional(),
  reason: z.string().max(1024).optional(),
  /** Of an Approve or a Deny: the role it is said in. It names the plan that is accepted at that moment. */
  role: z.string().min(1).max(63).optional(),
  /** Of a Waive: what is waived. */
  check: z.enum(checkNames).optional(),
  /** Of a Promote: it waits for what blocks the cutover, for 4h. */
  waitForGates: z.boolean().optional(),
  /** Which store the application's base names from now on. */
  base: z.enum(["Source", "Destination", "Another"]).optional(),
  /** Somebody deletes the overlay, or takes its content over. */
  overlay: z.enum(["Deleted", "Seized"]).optional(),
  migration: z.enum(["Deleted"]).optional(),
});
export type ScenarioEvent = z.infer<typeof scenarioEventSchema>;

export const scenarioSchema = z.strictObject({
  kind: z.literal(scenarioKind),
  /** What it shows, in one line. */
  shows: z.string().min(1).max(200),
  startsAt: z.iso.datetime().default("2026-03-02T08:00:00Z"),
  /** The rehearsal ends here at the latest. */
  until: durationSchema.default("48h"),
  pods: z
    .strictObject({
      count: z.int().min(0).max(mostPods).default(3),
      /** From the overlay's write to its being in force. */
      followAfter: durationSchema.default("800ms"),
    })
    .prefault({}),
  traffic: trafficSchema.prefault({}),
  source: sourceSchema.prefault({}),
  destination: destinationSchema.prefault({}),
  parity: z.strictObject(parityFields).prefault({}),
  events: z.array(scenarioEventSchema).max(200).default([]),
});
export type Scenario = z.infer<typeof scenarioSchema>;
export type SourceBehaviour = Scenario["source"];
export type DestinationBehaviour = Scenario["destination"];
export type ParityBehaviour = Scenario["parity"];
