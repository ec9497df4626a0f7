// `--range i/n --bounds JSON`: the part of the source that one of several copies reads. The bounds are given and not looked
// for, so that copies that begin hours apart, of a source that is written to, agree on them.
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { ChunkStore } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";
import type { Range } from "./fill.ts";

export type Part = Range & { readonly index: number; readonly count: number };
type RangeFlags = { readonly range?: string | undefined; readonly bounds?: string | undefined };

/** As many as partitions of a verification that the operator reads. */
export const mostParts = 256;
/** A chunk id has 2048 characters at most, and a cursor is one. */
const mostBoundLength = 2100;

const boundsSchema = z.array(z.string().min(1).max(mostBoundLength)).max(mostParts - 1);

/** Null: everything. A text: what is wrong with the flags. */
export function parseRange({ range, bounds }: RangeFlags): Part | null | string {
  if (range === undefined) return bounds === undefined ? null : "--bounds: expected --range with it";
  const [index, count] = numbersOf(range);
  if (!(index < count && count <= mostParts)) return `--range: expected i/n with i < n <= ${mostParts}`;
  const given = parseBounds(bounds ?? "[]");
  if (given?.length !== count - 1)
    return `--bounds: expected ${count - 1} bounds as a list in JSON, as --divide ${count} prints them`;
  return { index, count, after: given[index - 1] ?? null, until: given[index] ?? null };
}

/** NaN for what is none. */
function numbersOf(range: string): readonly [index: number, count: number] {
  const [, index, count] = /^(\d{1,3})\/([1-9]\d{0,2})$/.exec(range) ?? [];
  return [Number(index), Number(count)];
}

function parseBounds(text: string): readonly string[] | null {
  try {
    return boundsSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Bounds for `--bounds`. Rejects with RETR_COPY_REFUSED where the source can't be divided so, and as the store does. */
export async function divide(source: ChunkStore, parts: number, signal: AbortSignal): Promise<readonly string[]> {
  const bounds = (await source.bounds?.(parts, signal)) ?? [];
  if (bounds.length === parts - 1) return bounds;
  const message = `--divide: the source can be divided into ${bounds.length + 1} parts, not into ${parts}`;
  throw new RetrieverError({ code: "RETR_COPY_REFUSED", message });
}
