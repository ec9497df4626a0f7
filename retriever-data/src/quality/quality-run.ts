// The quality probe as a part of `verify`: queries, both stores' searches, and the note when that fails.

import { faultOf } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { adapterOf, openChunkWriter } from "@retriever/stores/registry.ts";
import { similarityOf } from "@retriever/stores/similarity.ts";
import { makeRateLimit } from "#compare/progress.ts";
import type { NamedStore, NamedStores } from "#config/open-stores.ts";
import type { QualityOptions } from "#config/options.ts";
import { probeQuality, type Quality, type QualityQuery } from "./probe-quality.ts";
import { queriesOfChunks, readQueries } from "./read-queries.ts";

type QualityRun = {
  readonly options: QualityOptions;
  readonly named: NamedStores;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Ids of sampled chunks of the source. */
  readonly ids: readonly string[];
  readonly onNote: (note: string) => void;
};

const noteEveryMs = 5000;

/** Null when a store fails: the report then has no quality, and everything else. */
export async function runQuality(run: QualityRun, signal: AbortSignal): Promise<Quality | null> {
  const { named, onNote } = run;
  const backends = { source: openBackend(run, named.source), destination: openBackend(run, named.destination) };
  const isDue = makeRateLimit(run.clock, noteEveryMs);
  const onProgress = (done: number, total: number): void => {
    if (isDue()) onNote(`quality: ${done} of ${total} queries`);
  };
  try {
    const queries = await queriesFor(run, signal);
    if (queries.length > 0) return await probeQuality(backends, queries, { k: run.options.k, onProgress }, signal);
    onNote("quality: no chunk with a vector to ask for");
  } catch (error) {
    const { code, message } = faultOf(error);
    onNote(`quality: ${code}: ${message}`);
  } finally {
    await Promise.allSettled([backends.source.close(), backends.destination.close()]);
  }
  return null;
}

/** Similarities are only compared with each other here, so the base's own range doesn't matter. */
function openBackend({ registry, clock }: QualityRun, { spec }: NamedStore): Backend {
  return adapterOf(registry, spec).makeBackend(spec, {
    similarity: (metric, value) => similarityOf(metric, value, { strategy: "auto", targetRange: [0, 1] }),
    clock,
  });
}

async function queriesFor({ options, named, registry, ids }: QualityRun, signal: AbortSignal): Promise<QualityQuery[]> {
  if (options.file !== null) return readQueries(options.file, options.queries, named.filterable);
  const { source, fields } = named;
  const writer = openChunkWriter(registry, source.spec, { identity: source.identity, fields });
  try {
    return await queriesOfChunks(writer, ids, signal);
  } finally {
    await writer.close();
  }
}
