// `--create`: makes the destination where there is none, and ends with the vectors' index.
import { textField } from "@retriever/stores/config/chunk-fields.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { ChunkStore, ChunkWriter, StoreDescription, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import type { IndexParameters, PlaceShape } from "@retriever/stores/ports/place-maker.ts";
import { z } from "zod";
import type { NamedStores } from "#config/open-stores.ts";
import { readFileText } from "#config/read-file.ts";
import { misfits, placeShape } from "./place-shape.ts";

/** Chunks that are looked at for the kinds of their values. */
const firstChunks = 1000;
const mostIndexBytes = 65_536;

const indexSchema = z.strictObject({
  kind: z.enum(["hnsw", "none"]).default("hnsw"),
  m: z.int().min(2).max(100).optional(),
  efConstruction: z.int().min(4).max(1000).optional(),
});

/** Of `--index FILE`. Throws RETR_CONFIG_INVALID with every fault. */
export function readIndex(file: string | undefined): IndexParameters {
  if (file === undefined) return { kind: "hnsw" };
  const invalid = (message: string, cause?: unknown): RetrieverError =>
    new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `copy: --index: ${message}` }, cause);
  const text = readFileText(file, mostIndexBytes, invalid);
  try {
    return indexSchema.parse(JSON.parse(text));
  } catch (error) {
    const faults =
      error instanceof z.ZodError
        ? error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)
        : ["expected JSON"];
    throw invalid(`${file}: ${faults.join("; ")}`, error);
  }
}

type Creating = {
  readonly named: NamedStores;
  readonly source: { readonly store: ChunkStore; readonly writer: ChunkWriter };
  readonly destination: ChunkStore;
  readonly index: IndexParameters;
};
/** `held`: what is there already; null: it is to be made. */
export type Creation = { readonly shape: PlaceShape; readonly held: StoreDescription | null };

/** What the destination has to be. Rejects with RETR_COPY_REFUSED for one that is there and is something else. */
export async function planCreation(creating: Creating, signal: AbortSignal): Promise<Creation> {
  const { named, source, destination, index } = creating;
  const description = await source.store.describe(signal);
  const { fields, filterable = {} } = named;
  const first = await readFirst(source.writer, signal);
  const shape = placeShape({ fields, filterable, source: description, first, index });
  const held = await destination.describe(signal).catch((error: unknown) => {
    if (error instanceof RetrieverError && error.isAbsent) return null;
    throw error;
  });
  const faults = held === null ? [] : misfits(held, shape);
  if (faults.length === 0) return { shape, held };
  const message = `--create: the destination is there, and isn't what would be made: ${faults.join("; ")}`;
  throw new RetrieverError({ code: "RETR_COPY_REFUSED", message });
}

/** Their fields without the texts, which may be long. */
async function readFirst(writer: ChunkWriter, signal: AbortSignal): Promise<readonly Pick<WholeChunk, "fields">[]> {
  const first: Pick<WholeChunk, "fields">[] = [];
  for await (const { chunks } of writer.scan({ after: null, pageSize: firstChunks }, signal)) {
    first.push(...chunks.map(({ fields }) => ({ fields: { ...fields, [textField]: null } })));
    if (first.length >= firstChunks) break;
  }
  return first;
}
