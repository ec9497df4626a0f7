// What the stories of one file share: a world with a small corpus, and one destination that each reaches by its own door.
// Opened before the first story, closed after the last one.

import { startQdrant } from "#stores/qdrant.ts";
import { loadQdrant } from "#stores/qdrant-rest.ts";
import { startWorld, type World } from "#support/world/start-world.ts";

export const apiKey = "key-of-the-stories-destination";
/** Collection with the source's chunks. */
export const collection = "chunks";
/** Collection whose vectors are shorter than the source's. */
export const narrowCollection = "narrow";
const narrowDimension = 128;

export type Stage = {
  readonly world: World;
  /** The destination itself; stories go through a door of their own. */
  readonly qdrant: { readonly url: string; readonly apiKey: string | undefined };
  readonly close: () => Promise<void>;
};

/**
 * Opens a stage. `name`: of the file, and of its table when Postgres is one that others use too.
 * `operatorEnv`: settings of the operator beyond a stage's own.
 */
export async function openStage(name: string, operatorEnv: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const world = await startWorld({
    name: `story-${name}`,
    chunks: 100,
    table: `story_${name.replaceAll("-", "_")}`,
    index: "none",
    address: "127.0.0.1",
    operatorEnv: { RETRIEVER_RESYNC_MS: "400", RETRIEVER_CONCURRENCY: "16", ...operatorEnv },
  });
  try {
    const qdrant = await startQdrant({ apiKey });
    const { dataset } = world;
    await loadQdrant(qdrant, collection, dataset);
    const vector = (index: number) => dataset.vector(index).subarray(0, narrowDimension);
    const few = { ...dataset, dim: narrowDimension, chunks: dataset.chunks.slice(0, 10), vector };
    await loadQdrant(qdrant, narrowCollection, few);
    const close = async () => {
      await world.close();
      await qdrant.close();
    };
    return { world, qdrant, close };
  } catch (fault) {
    await world.close();
    throw fault;
  }
}
