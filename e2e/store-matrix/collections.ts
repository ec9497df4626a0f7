// Collections as people have them: forms of ids and payloads, one vector or several by name. Pure.
import { rawJson } from "#support/raw-json.ts";
import { chunkCount, requestVector } from "./chunks.ts";

type CollectionCase = {
  readonly name: string;
  /** Undefined: the only vector, which has no name. Empty: one without a name beside others, as LangChain makes it. */
  readonly vectorName: string | undefined;
  /** The point's id, and `chunk_id` of its payload where it has one. */
  readonly pointId: (chunk: number) => unknown;
  readonly chunkId: ((chunk: number) => unknown) | null;
  readonly served: (chunk: number) => string;
};

const big = (chunk: number) => `${9_007_199_254_740_990n + BigInt(chunk)}`;
const uuid = (chunk: number) => `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1${chunk}`;
const forms: readonly Omit<CollectionCase, "vectorName">[] = [
  {
    name: "text",
    pointId: (chunk) => chunk,
    chunkId: (chunk) => `chunk ${chunk} ü`,
    served: (chunk) => `chunk ${chunk} ü`,
  },
  { name: "integer", pointId: (chunk) => chunk, chunkId: (chunk) => chunk, served: String },
  { name: "64-bit integer", pointId: (chunk) => chunk, chunkId: (chunk) => rawJson(big(chunk)), served: big },
  { name: "point's integer", pointId: (chunk) => chunk, chunkId: null, served: String },
  { name: "point's 64-bit integer", pointId: (chunk) => rawJson(big(chunk)), chunkId: null, served: big },
  { name: "point's uuid", pointId: uuid, chunkId: null, served: uuid },
];

export function collectionCases(): CollectionCase[] {
  return [undefined, "", "text"].flatMap((vectorName) => forms.map((form) => ({ ...form, vectorName })));
}

/** `vectors` of the collection's creation. */
export function vectorsOf({ vectorName }: CollectionCase): object {
  const vector = { size: requestVector.length, distance: "Cosine" };
  return vectorName === undefined ? vector : { [vectorName]: vector, other: { size: 2, distance: "Dot" } };
}

export function pointsOf({ vectorName, pointId, chunkId }: CollectionCase): object[] {
  return Array.from({ length: chunkCount }, (_, chunk) => {
    const numbers = requestVector.map((_number, index) => (index < chunk ? -1 : 1));
    const own = chunkId === null ? {} : { chunk_id: chunkId(chunk) };
    const names = { entity_id: `entity-${chunk}`, namespace: chunk % 2 === 0 ? "even" : "odd" };
    return {
      id: pointId(chunk),
      vector: vectorName === undefined ? numbers : { [vectorName]: numbers },
      payload: { ...own, ...names, updated_at: "2026-04-03T10:11:12+02:00" },
    };
  });
}
