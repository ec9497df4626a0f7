// The same chunks as points of a collection, and the same faults.
import {
  addIndexes,
  pathOf,
  pointIdOf,
  type QdrantAddress,
  remakeCollection,
  upsert,
  withQdrant,
} from "#stores/qdrant-rest.ts";
import { dimension, updatedAtOf, vectorOf } from "./corpus.ts";
import { idOf, type SeededFault } from "./faults.ts";

const pointsPerUpsert = 2000;

type Change = Pick<SeededFault, "kind"> | undefined;

function pointOf(index: number, fault: Change): object {
  const chunkId = idOf(index);
  const shift = fault?.kind === "an hour old" ? 3_600_000 : fault?.kind === "a millisecond old" ? 1 : 0;
  const updatedAt = new Date(Date.parse(updatedAtOf(index)) - shift).toISOString();
  return {
    id: pointIdOf(chunkId),
    vector: vectorOf(index),
    payload: {
      chunk_id: chunkId,
      entity_id: `entity-${Math.floor(index / 10)}`,
      namespace: `namespace-${index % 5}`,
      ...(fault?.kind === "undated" ? {} : { updated_at: updatedAt }),
    },
  };
}

/** Makes the collection anew with `rows` chunks. */
export function makeCollection(address: QdrantAddress, collection: string, rows: number): Promise<void> {
  return withQdrant(address, async (call) => {
    await remakeCollection(call, collection, dimension);
    await addIndexes(call, collection, { chunk_id: "keyword", updated_at: "datetime" });
    for (let start = 0; start < rows; start += pointsPerUpsert) {
      const size = Math.min(pointsPerUpsert, rows - start);
      const points = Array.from({ length: size }, (_, step) => pointOf(start + step, undefined));
      await upsert(call, collection, points);
    }
  });
}

/** Puts the faults into the collection. */
export async function seedPointFaults(
  address: QdrantAddress,
  collection: string,
  faults: readonly SeededFault[],
): Promise<void> {
  const isLost = ({ kind }: SeededFault): boolean => kind === "lost" || kind === "lost in a row";
  const lost = faults.filter(isLost).map(({ index }) => pointIdOf(idOf(index)));
  const points = faults.filter((fault) => !isLost(fault)).map((fault) => pointOf(fault.index, fault));
  return withQdrant(address, async (call) => {
    await call({ method: "POST", path: pathOf(collection, "/points/delete?wait=true"), body: { points: lost } });
    await upsert(call, collection, points);
  });
}
