// What each store holds of the chunks that differ, as digests: a repair from the report leaves whatever isn't that any more.
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import { faultOf } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { ChunkWriter } from "@retriever/stores/ports/chunk-store.ts";
import { deadline } from "#compare/retry.ts";
import { type Both, onBoth, type RunDeps } from "#compare/run-deps.ts";
import { type NamedStores, openWriters } from "#config/open-stores.ts";
import { makeThrottle } from "#core/throttle.ts";

type Reading = Pick<RunDeps, "pause" | "clock" | "onNote"> & {
  readonly named: NamedStores;
  readonly registry: Registry;
  readonly rowsPerSecond: number | null;
};

/** Chunks are read whole for it. */
const batchSize = 200;
const batchDeadlineMs = 60_000;

/** The differences with the versions of their chunks; without them where a store can't tell. */
export async function readVersions(
  differences: readonly Difference[],
  { named, registry, rowsPerSecond, pause, clock, onNote }: Reading,
  signal: AbortSignal,
): Promise<Difference[]> {
  const canTell = ({ spec }: NamedStores["source"]) =>
    registry.find(({ kind }) => kind === spec.kind)?.makeChunkWriter !== undefined;
  if (differences.length === 0 || !canTell(named.source) || !canTell(named.destination)) return [...differences];
  const writers = openWriters(named, registry);
  const throttle = makeThrottle(rowsPerSecond);
  const seen: Difference[] = [];
  try {
    for (let start = 0; start < differences.length; start += batchSize) {
      const batch = differences.slice(start, start + batchSize);
      const startedAt = clock.monotonicMs();
      seen.push(...(await withVersions(batch, writers, deadline(signal, batchDeadlineMs))));
      const tookMs = clock.monotonicMs() - startedAt;
      const pauseMs = throttle.pauseAfter(batch.length, tookMs, tookMs);
      if (pauseMs > 0) await pause(pauseMs, signal);
    }
    return seen;
  } catch (error) {
    onNote(`the report says of chunks only when they were written: ${faultOf(error).message}`);
    return [...seen, ...differences.slice(seen.length)];
  } finally {
    await Promise.allSettled([writers.source.close(), writers.destination.close()]);
  }
}

async function withVersions(batch: readonly Difference[], writers: Both<ChunkWriter>, limit: AbortSignal) {
  const ids = batch.map(({ id }) => id);
  const versions = await onBoth(limit, async (name, either) => {
    const chunks = await writers[name].fetch(ids, either);
    return new Map(chunks.map(({ id, version }) => [id, version]));
  });
  return batch.map((difference): Difference => {
    const [source, destination] = [versions.source.get(difference.id), versions.destination.get(difference.id)];
    return {
      ...difference,
      ...(source === undefined ? {} : { sourceVersion: source }),
      ...(destination === undefined ? {} : { destinationVersion: destination }),
    };
  });
}
