// Options of `verify`: flags and variables, parsed once, every fault listed.

import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import { addressSchema } from "@retriever/sidecar/config/settings.ts";
import { maxK } from "@retriever/sidecar/contract/retrieve.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { Address } from "@retriever/sidecar/http/listener.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";

/** As the command line gives them: text. */
export type VerifyFlags = Readonly<
  Partial<
    Record<
      | "config"
      | "source"
      | "destination"
      | "level"
      | "since"
      | "partition"
      | "sample"
      | "budget"
      | "lag"
      | "report"
      | "serveReport"
      | "serveFor"
      | "terminationLog"
      | "checkpoint"
      | "quality"
      | "queries"
      | "k",
      string
    >
  >
> & { readonly resume?: boolean };

export type QualityOptions = {
  readonly queries: number;
  readonly k: number;
  /** Null: the vectors of sampled chunks. */
  readonly file: string | null;
};

export type VerifyOptions = {
  readonly scope: VerifyReport["scope"];
  /** Null: no bound and no pauses. */
  readonly rowsPerSecond: number | null;
  readonly isResumed: boolean;
  /** Null: no report is left on disk. */
  readonly reportFolder: string | null;
  /** Null: the report isn't served. */
  readonly serveReport: Address | null;
  readonly serveForMs: number;
  /** Null: no short form is written. */
  readonly terminationLog: string | null;
  readonly checkpointMs: number;
  /** Null: no index is probed. */
  readonly quality: QualityOptions | null;
};

const mostPartitions = 4096;

const numberIn = (least: number, most: number, expected: string) =>
  z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, expected)
    .transform(Number)
    .refine((value) => value >= least && value <= most, expected);

const instant = z
  .string()
  .refine((text) => /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) && !Number.isNaN(Date.parse(text)), "expected ISO 8601")
  .transform((text) => new Date(text).toISOString());

const partition = z
  .string()
  .regex(/^\d{1,4}\/\d{1,4}$/, "expected i/n, from 0/n on")
  .transform((text) => {
    const [index = 0, count = 0] = text.split("/").map(Number);
    return { index, count };
  })
  .refine(
    ({ index, count }) => index < count && count <= mostPartitions,
    `expected i/n with i < n <= ${mostPartitions}`,
  );

const budget = z.union(
  [z.literal("none").transform(() => null), numberIn(1, 1e9, "")],
  "expected chunks per second, or none",
);

const flagsSchema = z.object({
  level: z.enum(verifyLevels, `expected ${verifyLevels.join(", ")}`),
  since: instant.nullable(),
  partition,
  sample: numberIn(0, 1, "expected a share above 0, at most 1").refine(
    (share) => share > 0,
    "expected a share above 0",
  ),
  budget,
  lag: numberIn(0, 3600, "expected seconds, at most 3600"),
  report: z.string().min(1).nullable(),
  serveReport: addressSchema.nullable(),
  serveFor: numberIn(0, 86_400, "expected seconds, at most 86400"),
  terminationLog: z.string().min(1).nullable(),
  checkpoint: numberIn(0.1, 3600, "expected seconds, 0.1 to 3600"),
  quality: numberIn(1, 10_000, "expected a number of queries, 1 to 10000").nullable(),
  queries: z.string().min(1).nullable(),
  // One more is asked for where a chunk is left out of its own neighbours.
  k: numberIn(1, maxK - 1, `expected 1 to ${maxK - 1}`),
});

const names: Readonly<Record<string, string>> = {
  serveReport: "serve-report",
  serveFor: "serve-for",
  terminationLog: "termination-log",
};

/** Throws RETR_CONFIG_INVALID with every fault. */
export function parseVerifyOptions(flags: VerifyFlags, env: Environment): VerifyOptions {
  const result = flagsSchema.safeParse(withDefaults(flags, env));
  const faults = result.success ? [] : result.error.issues.map(({ path, message }) => `--${nameOf(path)}: ${message}`);
  if (flags.resume === true && flags.report === undefined)
    faults.push("--resume: expected --report with its checkpoint");
  if (flags.queries !== undefined && flags.quality === undefined) faults.push("--queries: expected --quality with it");
  if (!result.success || faults.length > 0) {
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `verify: ${faults.join("; ")}` });
  }
  const { level, since, sample, lag, report, serveReport, serveFor, terminationLog, ...rest } = result.data;
  const { quality, queries, k } = rest;
  return {
    scope: { level, since, partition: rest.partition, sample, lagSeconds: lag },
    rowsPerSecond: rest.budget,
    isResumed: flags.resume === true,
    reportFolder: report,
    serveReport,
    serveForMs: serveFor * 1000,
    terminationLog,
    checkpointMs: rest.checkpoint * 1000,
    quality: quality === null ? null : { queries: quality, k, file: queries },
  };
}

const defaults = {
  level: "fresh",
  partition: "0/1",
  sample: "1",
  budget: "50000",
  lag: "5",
  report: null,
  serveReport: null,
  serveFor: "120",
  terminationLog: null,
  checkpoint: "5",
  quality: null,
  queries: null,
  k: "10",
};

function withDefaults(flags: VerifyFlags, env: Environment): object {
  const since = flags.since ?? env["RETRIEVER_VERIFY_SINCE"] ?? "";
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given), since: since === "" ? null : since };
}

function nameOf(path: readonly PropertyKey[]): string {
  const [name = ""] = path.map(String);
  return names[name] ?? name;
}
