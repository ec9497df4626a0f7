// The same chunks as points of a collection, and the same faults.
import { openQdrant, pathOf, pointIdOf, type QdrantAddress } from "#stores/qdrant-rest.ts";
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
export async function makeCollection(address: QdrantAddress, collection: string, rows: number): Promise<void> {
  const { call, close } = openQdrant(address);
  try {
    await call({ method: "DELETE", path: pathOf(collection) });
    const vectors = { size: dimension, distance: "Cosine" };
    await call({ method: "PUT", path: pathOf(collection), body: { vectors } });
    for (const body of [
      { field_name: "chunk_id", field_schema: "keyword" },
      { field_name: "updated_at", field_schema: "datetime" },
    ]) {
      await call({ method: "PUT", path: pathOf(collection, "/index?wait=true"), body });
    }
    for (let start = 0; start < rows; start += pointsPerUpsert) {
      const size = Math.min(pointsPerUpsert, rows - start);
      const points = Array.from({ length: size }, (_, step) => pointOf(start + step, undefined));
      await call({ method: "PUT", path: pathOf(collection, "/points?wait=true"), body: { points } });
    }
  } finally {
    await close();
  }
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
  const { call, close } = openQdrant(address);
  try {
    await call({ method: "POST", path: pathOf(collection, "/points/delete?wait=true"), body: { points: lost } });
    await call({ method: "PUT", path: pathOf(collection, "/points?wait=true"), body: { points } });
  } finally {
    await close();
  }
}
