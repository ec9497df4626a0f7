// What each store holds of the chunks that differ, as digests: a repair from the report leaves whatever isn't that any more.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import { wholeUnits } from "@retriever/stores/chunks/moment-unit.ts";
import { faultOf } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { ChunkWriter, StoredChunk } from "@retriever/stores/ports/chunk-store.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
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

type Versions = {
  readonly differences: Difference[];
  /** For the report, by the store whose chunks couldn't be read whole: without versions nothing of it is written over. */
  readonly remarks: Partial<Both<string>>;
};

/** The differences with the versions of their chunks; without them where a store can't tell. */
export async function readVersions(
  differences: readonly Difference[],
  { named, registry, rowsPerSecond, pause, clock, onNote }: Reading,
  signal: AbortSignal,
): Promise<Versions> {
  const canTell = ({ spec }: NamedStores["source"]) =>
    registry.find(({ kind }) => kind === spec.kind)?.makeChunkWriter !== undefined;
  if (differences.length === 0 || !canTell(named.source) || !canTell(named.destination))
    return { differences: [...differences], remarks: {} };
  const writers = openWriters(named, registry);
  const throttle = makeThrottle(rowsPerSecond);
  const seen: Difference[] = [];
  const remarks: { source?: string; destination?: string } = {};
  const fetch: Fetch = async (name, ids, limit) => {
    try {
      return await writers[name].fetch(ids, limit);
    } catch (error) {
      // The first to fail ends the other's reading as well.
      if (Object.keys(remarks).length === 0)
        remarks[name] =
          `chunks can't be read whole (${faultOf(error).message}): a repair from this report overwrites and removes none of ${differences.length - seen.length}`;
      throw error;
    }
  };
  try {
    for (let start = 0; start < differences.length; start += batchSize) {
      const batch = differences.slice(start, start + batchSize);
      const startedAt = clock.monotonicMs();
      seen.push(...(await withVersions(batch, fetch, deadline(signal, batchDeadlineMs))));
      const tookMs = clock.monotonicMs() - startedAt;
      const pauseMs = throttle.pauseAfter(batch.length, tookMs, tookMs);
      if (pauseMs > 0) await pause(pauseMs, signal);
    }
    return { differences: seen, remarks };
  } catch (error) {
    onNote(`the report says of chunks only when they were written: ${faultOf(error).message}`);
    return { differences: [...seen, ...differences.slice(seen.length)], remarks };
  } finally {
    await Promise.allSettled([writers.source.close(), writers.destination.close()]);
  }
}

type Fetch = (name: StoreName, ...of: Parameters<ChunkWriter["fetch"]>) => ReturnType<ChunkWriter["fetch"]>;

async function withVersions(batch: readonly Difference[], fetch: Fetch, limit: AbortSignal) {
  const ids = batch.map(({ id }) => id);
  const held = await onBoth(limit, async (name, either) => {
    const chunks = await fetch(name, ids, either);
    return Map.groupBy(chunks, ({ id }) => id);
  });
  return batch.map((difference): Difference => {
    const { id, sourceUpdatedAt, destinationUpdatedAt } = difference;
    const [source, destination] = [
      versionAt(held.source.get(id), sourceUpdatedAt),
      versionAt(held.destination.get(id), destinationUpdatedAt),
    ];
    return {
      ...difference,
      ...(source === undefined ? {} : { sourceVersion: source }),
      ...(destination === undefined ? {} : { destinationVersion: destination }),
    };
  });
}

/** Undefined for a chunk that was written since it was found to differ: its version now isn't what was compared. */
function versionAt(held: readonly StoredChunk[] = [], confirmedAt: string | null): string | undefined {
  const [chunk] = held;
  if (chunk === undefined || held.length > 1) return undefined;
  return microsecondsOf(chunk.updatedAt) === microsecondsOf(confirmedAt) ? chunk.version : undefined;
}

/** Rounded as it was for the report: a store may hold more digits. */
function microsecondsOf(text: string | null | undefined): number | null {
  return typeof text === "string" ? wholeUnits(readMoment(text), "microsecond") : null;
}
