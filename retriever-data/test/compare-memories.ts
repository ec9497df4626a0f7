// What a comparison of two stores in memory says: every difference, with the versions of its chunks.
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import { makeDifference, makeReport } from "./reports.ts";

export type MemoryPair = { readonly source: ChunkMemory; readonly destination: ChunkMemory };

/** As both are now; their content counts, whatever their moments. */
export async function compareMemories({ source, destination }: MemoryPair): Promise<VerifyReport> {
  const limit = AbortSignal.timeout(1000);
  const ids = [...new Set([...source.chunks.keys(), ...destination.chunks.keys()])];
  const differences = [];
  for (const id of ids) {
    const [[own], [other]] = [await source.writer.fetch([id], limit), await destination.writer.fetch([id], limit)];
    if (own?.version === other?.version) continue;
    const kind = own === undefined ? "extra" : other === undefined ? "missing" : "payload";
    const versions = other === undefined ? {} : { destinationVersion: other.version };
    const moments = { sourceUpdatedAt: own?.updatedAt ?? null, destinationUpdatedAt: other?.updatedAt ?? null };
    differences.push(makeDifference(id, kind, { ...moments, ...versions }));
  }
  const identities = { source: source.store.identity, destination: destination.store.identity };
  const report = makeReport(identities, differences);
  return {
    ...report,
    outcome: differences.length === 0 ? "equal" : "drift",
    source: { ...report.source, read: source.chunks.size },
    destination: { ...report.destination, read: destination.chunks.size },
  };
}
