// Valid documents that a test changes in the one place it is about.
import { identityOf } from "@retriever/stores/config/identity.ts";
import { locateQdrant } from "@retriever/stores/qdrant/config/schema.ts";
import type { Overlay } from "#contract/overlay.ts";

type Change = Partial<Omit<Overlay, "revision" | "destination">> & {
  readonly epoch?: number;
  readonly migrationUid?: string;
};

/** Base whose primary is the Qdrant collection `chunks` at `url`. */
export function qdrantBase(url: string, change: object = {}): string {
  return JSON.stringify({ primary: { kind: "qdrant", url, collection: "chunks", timeoutMs: 500, ...change } });
}

/** Base whose primary is the table `vector_chunks`, its connection written as a plain string. */
export function pgvectorBase(connectionString: string, change: object = {}): string {
  const tuning = { metadataColumns: ["lang", "pages"], preparedStatements: false, poolSize: 1, ...change };
  return JSON.stringify({ primary: { kind: "pgvector", connectionString, ...tuning } });
}

/** Digest of the Qdrant collection `chunks` at `url`. */
export function qdrantDigest(url: string): string {
  return identityOf(locateQdrant(url, "chunks")).digest;
}

/** Overlay with a Qdrant destination; primary source, no shadow, epoch 1. */
export function makeOverlay(sourceDigest: string, destination: object, change: Change = {}): string {
  const { epoch = 1, migrationUid = "migration-1", ...rest } = change;
  return JSON.stringify({
    schema: 1,
    revision: { epoch, migrationUid, plan: "plan-1" },
    source: { digest: sourceDigest },
    destination,
    primary: "source",
    shadow: "none",
    sampleRate: 0,
    thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
    released: false,
    ...rest,
  });
}

/** Adapter of an overlay for the collection `chunks` at `url`. */
export function qdrantDestination(url: string, change: object = {}): object {
  return { kind: "qdrant", url, collection: "chunks", timeoutMs: 500, ...change };
}
