// What a dry run can know of a copy: how fast the first chunks are read, how large they are, and which of them would be refused.
import type { ChunkWriter, StoreDescription, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { deadline } from "#compare/retry.ts";
import type { Both } from "#compare/run-deps.ts";
import type { NamedStores } from "#config/open-stores.ts";
import { type Left, unreadableAmong } from "#repair/decide.ts";
import type { CommandDeps } from "#verify/verify.ts";
import type { CopyOptions } from "./options.ts";

const tryDeadlineMs = 60_000;
/** A store is read at most half of the time. */
const duty = 0.5;

type Tried = {
  readonly left: readonly Left[];
  readonly describe: (both: Both<StoreDescription>) => string[];
};

/** Reads the first chunks and asks the destination whether it would take them. Writes nothing. */
export async function tryFirst(
  { source, destination }: Both<ChunkWriter>,
  { batchSize, rowsPerSecond }: CopyOptions,
  { signal, areDated }: Pick<CommandDeps, "signal"> & Pick<NamedStores, "areDated">,
): Promise<Tried> {
  const limit = deadline(signal, tryDeadlineMs);
  const refused: Left[] = [];
  const all = { tried: 0, storeMs: 0, bytes: 0 };
  for await (const { chunks, storeMs } of source.scan({ after: null, pageSize: batchSize }, limit)) {
    const left = await destination.check(
      chunks.map((chunk) => ({ chunk, over: null })),
      limit,
    );
    refused.push(...(areDated ? unreadableAmong(chunks) : []), ...left.filter(({ why }) => why === "refused"));
    all.tried += chunks.length;
    all.storeMs += storeMs;
    all.bytes += chunks.reduce((sum, chunk) => sum + bytesOf(chunk), 0);
    if (all.tried >= batchSize) break;
  }
  if (all.tried === 0) return { left: [], describe: () => ["  about   nothing: the source holds no chunk"] };
  const { tried } = all;
  const fastest = (tried / Math.max(1, all.storeMs)) * 1000;
  const perSecond = Math.round(rowsPerSecond === null ? fastest : Math.min(rowsPerSecond, fastest * duty));
  return { left: refused, describe: (both) => estimate(both, { perSecond, bytes: all.bytes / tried, tried }) };
}

function estimate(
  { source, destination }: Both<StoreDescription>,
  { perSecond, bytes, tried }: { readonly perSecond: number; readonly bytes: number; readonly tried: number },
): string[] {
  const pace = `${perSecond} chunks/s by the time that the first ${tried} took to read`;
  if (source.count === null) return [`  about   ${pace}; how many there are isn't known`];
  const lacking = Math.max(0, source.count - (destination.count ?? 0));
  const size = `${Math.ceil((lacking * bytes) / 1_048_576)} MiB`;
  return [
    `  about   ${lacking} ${plural(lacking, "chunk")} that the destination lacks, ${size}: at least ${Math.ceil(lacking / Math.max(1, perSecond))} s, ${pace}; writing comes on top, as does the comparison of ${source.count}`,
  ];
}

function bytesOf({ vector, fields }: WholeChunk): number {
  return (vector?.byteLength ?? 0) + JSON.stringify(fields).length;
}
