// Options of `verify`: flags and variables, parsed once, every fault listed.

import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import { addressSchema } from "@retriever/sidecar/config/settings.ts";
import { maxK } from "@retriever/sidecar/contract/retrieve.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { Address } from "@retriever/sidecar/http/listener.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";

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

export const numberIn = (least: number, most: number, expected: string) =>
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

const text = z.string().min(1).nullable().default(null);

const flagsSchema = z.object({
  level: z.enum(verifyLevels, `expected ${verifyLevels.join(", ")}`).default("fresh"),
  since: instant.nullable(),
  partition: partition.prefault("0/1"),
  sample: numberIn(0, 1, "expected a share above 0, at most 1")
    .refine((share) => share > 0, "expected a share above 0")
    .prefault("1"),
  budget: budget.prefault("50000"),
  lag: numberIn(0, 3600, "expected seconds, at most 3600").prefault("5"),
  report: text,
  serveReport: addressSchema.nullable().default(null),
  serveFor: numberIn(0, 86_400, "expected seconds, at most 86400").prefault("120"),
  terminationLog: text,
  checkpoint: numberIn(0.1, 3600, "expected seconds, 0.1 to 3600").prefault("5"),
  quality: numberIn(1, 10_000, "expected a number of queries, 1 to 10000").nullable().default(null),
  queries: text,
  // One more is asked for where a chunk is left out of its own neighbours.
  k: numberIn(1, maxK - 1, `expected 1 to ${maxK - 1}`).prefault("10"),
});

/** As the command line gives them: text. */
export type VerifyFlags = Readonly<
  Partial<Record<"config" | "source" | "destination" | keyof z.input<typeof flagsSchema>, string>>
> & { readonly resume?: boolean };

const names: Readonly<Record<string, string>> = {
  serveReport: "serve-report",
  serveFor: "serve-for",
  terminationLog: "termination-log",
};

/** Throws RETR_CONFIG_INVALID with every fault. */
export function parseVerifyOptions(flags: VerifyFlags, env: Environment): VerifyOptions {
  const since = flags.since ?? env["RETRIEVER_VERIFY_SINCE"] ?? "";
  const result = flagsSchema.safeParse({ ...flags, since: since === "" ? null : since });
  const faults = result.success ? [] : result.error.issues.map(({ path, message }) => `--${nameOf(path)}: ${message}`);
  if (flags.resume === true && flags.report === undefined)
    faults.push("--resume: expected --report with its checkpoint");
  if (flags.queries !== undefined && flags.quality === undefined) faults.push("--queries: expected --quality with it");
  if (!result.success || faults.length > 0) {
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `verify: ${faults.join("; ")}` });
  }
  const { level, sample, lag, report, serveReport, serveFor, terminationLog, quality, queries, k, ...rest } =
    result.data;
  return {
    scope: { level, since: rest.since, partition: rest.partition, sample, lagSeconds: lag },
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

function nameOf(path: readonly PropertyKey[]): string {
  const [name = ""] = path.map(String);
  return names[name] ?? name;
}
