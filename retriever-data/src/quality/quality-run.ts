// The quality probe as a part of `verify`: queries, both stores' searches, and what is said when that fails.

import { faultOf } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import type { BackendDeps } from "@retriever/stores/ports/backend-deps.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { backendsOf, chunkWritersOf } from "@retriever/stores/registry.ts";
import { similarityOf } from "@retriever/stores/similarity.ts";
import type { NamedStore, NamedStores } from "#verify/open-stores.ts";
import type { QualityWish } from "#verify/options.ts";
import { probeQuality, type Quality, type QualityQuery } from "./probe-quality.ts";
import { queriesOfChunks, readQueries } from "./read-queries.ts";

export type QualityRun = {
  readonly wish: QualityWish;
  readonly named: NamedStores;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Ids of sampled chunks of the source. */
  readonly ids: readonly string[];
  readonly onNote: (note: string) => void;
};

const noteEveryMs = 5000;

/** Null when a store fails: that costs the report its quality and nothing else. */
export async function runQuality(run: QualityRun, signal: AbortSignal): Promise<Quality | null> {
  const backends = { source: openBackend(run, run.named.source), destination: openBackend(run, run.named.destination) };
  try {
    const queries = await queriesFor(run, signal);
    if (queries.length === 0) {
      run.onNote("quality: no chunk with a vector to ask for");
      return null;
    }
    return await probeQuality(backends, queries, { k: run.wish.k, onProgress: teller(run) }, signal);
  } catch (error) {
    const { code, message } = faultOf(error);
    run.onNote(`quality: ${code}: ${message}`);
    return null;
  } finally {
    await Promise.allSettled([backends.source.close(), backends.destination.close()]);
  }
}

/** Similarities are only compared with each other here, so that the base's own range doesn't matter. */
function openBackend({ registry, clock }: QualityRun, { spec }: NamedStore): Backend {
  const similarity: BackendDeps["similarity"] = (metric, value) =>
    similarityOf(metric, value, { strategy: "auto", targetRange: [0, 1] });
  return backendsOf(registry)(spec, { similarity, clock });
}

async function queriesFor({ wish, named, registry, ids }: QualityRun, signal: AbortSignal): Promise<QualityQuery[]> {
  if (wish.file !== null) return readQueries(wish.file, wish.queries);
  const { source, fields } = named;
  const writer = chunkWritersOf(registry)(source.spec, { identity: source.identity, fields });
  try {
    return await queriesOfChunks(writer, ids, signal);
  } finally {
    await writer.close();
  }
}

function teller({ clock, onNote }: QualityRun): (done: number, total: number) => void {
  let toldAt = clock.monotonicMs();
  return (done, total) => {
    if (clock.monotonicMs() - toldAt < noteEveryMs) return;
    toldAt = clock.monotonicMs();
    onNote(`quality: ${done} of ${total} queries`);
  };
}
