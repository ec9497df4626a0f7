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

/** Makes the collection anew with `rows` chunks, the faults among them. */
export async function makeCollection(
  address: QdrantAddress,
  collection: string,
  rows: number,
  faults: readonly SeededFault[],
): Promise<void> {
  const byIndex = new Map(faults.map((fault) => [fault.index, fault]));
  const leftOver = faults.filter(({ kind }) => kind === "left over").map(({ index }) => index);
  const isLost = (index: number): boolean => byIndex.get(index)?.kind.startsWith("lost") === true;
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
      const indexes = Array.from({ length: size }, (_, step) => start + step).filter((index) => !isLost(index));
      const last = start + size === rows ? leftOver : [];
      const points = [...indexes, ...last].map((index) => pointOf(index, byIndex.get(index)));
      await call({ method: "PUT", path: pathOf(collection, "/points?wait=true"), body: { points } });
    }
  } finally {
    await close();
  }
}
