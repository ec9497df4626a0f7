// A saved answer of Prometheus' /api/v1/query_range → samples: all of its series summed at each time. Pure.
import { z } from "zod";
import { mostRequestsPerSecond } from "#scenario/scenario.ts";
import type { ReadSamples } from "./traffic-samples.ts";

const answerSchema = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })).min(1),
  }),
});

/** NaN and infinite values are left out: a rate without a sample, a division by nothing. Never throws. */
export function readPrometheusTraffic(text: string): ReadSamples {
  const parsed = answerSchema.safeParse(jsonOf(text));
  if (!parsed.success) return refused(wordsOf(parsed.error));
  const sums = new Map<number, number>();
  let leftOut = 0;
  for (const [seconds, said] of parsed.data.data.result.flatMap(({ values }) => values)) {
    const value = Number(said);
    if (Number.isFinite(value)) sums.set(seconds, (sums.get(seconds) ?? 0) + value);
    else leftOut += 1;
  }
  const samples = [...sums]
    .map(([seconds, requestsPerSecond]) => ({ seconds, requestsPerSecond }))
    .toSorted((one, other) => one.seconds - other.seconds);
  if (samples.length === 0) return refused("received no finite value, expected requests per second over a time");
  const foreign = samples.find(({ requestsPerSecond: rate }) => rate < 0 || rate > mostRequestsPerSecond);
  if (foreign === undefined) return { ok: true, samples, isClock: true, leftOut };
  return refused(
    `received ${foreign.requestsPerSecond} at ${foreign.seconds}, expected requests per second from 0 to ${mostRequestsPerSecond}`,
  );
}

function refused(message: string): ReadSamples {
  return { ok: false, faults: [{ line: undefined, message }] };
}

/** Undefined for what is no JSON: the schema says what was expected. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function wordsOf({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.join(".") ?? "";
  const where = path === "" ? "the file" : path;
  return `${where}: ${issue?.message ?? "not understood"}; expected an answer of /api/v1/query_range with a matrix of at least one series`;
}
