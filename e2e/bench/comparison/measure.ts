// One comparison as a migration would make it: a real sidecar samples everything, and its own figures are read.
import { request } from "undici";
import type { StandIn } from "#stores/qdrant-standin/start.ts";
import { eventually } from "#support/eventually.ts";
import { endedSamples, type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { type Finding, readSample } from "./finding.ts";

type Stores = {
  readonly standIn: StandIn;
  readonly source: string;
  readonly destination: string;
};

const k = 10;
const concurrency = 4;
const deadlineMs = 20_000;
const dayMs = 86_400_000;

/** Asks every query once. Rejects when a query isn't answered, or a sample by either store. */
export async function measure(
  { standIn, source, destination }: Stores,
  queries: readonly Float32Array[],
): Promise<Finding> {
  const adapter = (collection: string): object => ({ kind: "qdrant", url: standIn.url, collection });
  const dualRead = { enabled: true, sampleRate: 1, shadow: adapter(destination) };
  const sidecar = await startSidecar({ base: { primary: adapter(source), dualRead } });
  try {
    await askAll(sidecar, queries);
    return await readFinding(sidecar, queries.length);
  } finally {
    await sidecar.stop();
  }
}

async function askAll({ appUrl }: Sidecar, queries: readonly Float32Array[]): Promise<void> {
  const waiting = [...queries];
  const work = async (): Promise<void> => {
    for (let query = waiting.pop(); query !== undefined; query = waiting.pop()) {
      const body = JSON.stringify({ embedding: [...query], k });
      const signal = AbortSignal.timeout(deadlineMs);
      const answer = await request(`${appUrl}/v1/retrieve`, { method: "POST", body, signal });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`a query was answered ${answer.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function readFinding(sidecar: Sidecar, expected: number): Promise<Finding> {
  const { answered, mismatch, overlapSum } = await endedCounters(sidecar, expected);
  const exposition = await sidecar.metrics();
  const lagMs = readSample(exposition, "retr_dual_lag_ms", 'quantile="p95"');
  return {
    samples: answered,
    scoreDeltaP95: readSample(exposition, "retr_dual_delta_score", 'quantile="p95"') ?? Number.NaN,
    mismatch: mismatch / answered,
    overlap: overlapSum / answered,
    rankOverlap: (readSample(exposition, "retr_dual_rank_biased_overlap_sum") ?? Number.NaN) / answered,
    lagDays: lagMs === undefined ? null : lagMs / dayMs,
  };
}

async function endedCounters(sidecar: Sidecar, expected: number) {
  const counters = await eventually(
    `${expected} samples have an outcome`,
    async () => {
      const { counters } = (await sidecar.status()).evidence;
      return endedSamples(counters) >= expected && counters;
    },
    { deadlineMs, everyMs: 20 },
  );
  if (counters.answered === expected) return counters;
  throw new Error(`${counters.answered} of ${expected} samples were answered by both stores`);
}
