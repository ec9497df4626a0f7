// Stories of an application that goes on writing to the source alone: a real sync in a Job brings its writes to the destination.
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPgvector } from "#stores/postgres.ts";
import { loadQdrant, openQdrant, pathOf, pointIdOf } from "#stores/qdrant-rest.ts";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard, skipAll } from "./story-migration.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("sync", { RETRIEVER_ACT_IDENTITY: "trusted" });
});
afterAll(() => stage.close());

const patienceMs = 120_000;
const table = "story_sync";

async function write(sql: string): Promise<void> {
  const client = new Client({ connectionString: stage.world.postgres.connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A chunk that was not there before, like another one but for its id and moment. */
function writeChunk(id: string): Promise<void> {
  const columns = "entity_id, namespace, embedding";
  return write(`INSERT INTO ${table} (chunk_id, updated_at, ${columns})
    SELECT '${id}', now(), ${columns} FROM ${table} WHERE chunk_id = '${stage.world.dataset.chunks[0]?.chunkId}'`);
}

/** Waits until the destination holds a chunk. */
async function arrives(play: Play, id: string): Promise<void> {
  const { call, close } = openQdrant(play.destination);
  const body = { ids: [pointIdOf(id)], with_payload: false };
  const isThere = async () => {
    const found = await call({ method: "POST", path: pathOf(play.name, "/points"), body });
    return Array.isArray(found) && found.length === 1;
  };
  try {
    await eventually(`${id} at the destination`, isThere, { deadlineMs: patienceMs });
  } finally {
    await close();
  }
}

const syncPods = (play: Play) =>
  stage.world.cluster.api.store
    .list("/pods", namespace)
    .filter(({ metadata }) => metadata.labels?.["job-name"]?.startsWith(`${play.name}-sync-`));

describe("a migration whose destination is synced", () => {
  it("brings what is written to the source from before the ramp until a person says that the writers moved", async () => {
    await loadPgvector(
      stage.world.postgres.connectionString,
      { schema: "public", table, index: "none" },
      stage.world.dataset,
    );
    const play = await startPlay(stage, "synced", { table, syncer: true });
    await loadQdrant(play.destination, play.name, stage.world.dataset);
    const { call, close } = openQdrant(play.destination);
    await call({
      method: "PUT",
      path: pathOf(play.name, "/index?wait=true"),
      body: { field_name: "chunk_id", field_schema: "keyword" },
    });
    await close();
    const { url } = play.destination;
    await play.migrate({
      destination: { kind: "qdrant", url, collection: play.name, apiKey: { fromEnv: "RETRIEVER_CRED_QDRANT" } },
      checklist: { ...skipAll, approvals: { roles: [{ name: "sre" }] } },
      data: { sync: "Continuous" },
      guard: longGuard,
    });
    const stopped = await play.conditionIs("DataSynced", "Unknown", "SyncNotApproved");
    expect([stopped.phase, stopped.sync]).toEqual(["Preflight", undefined]);
    await play.kubectl("approve", "--role", "sre", "--yes-i-am", "admin");
    await play.conditionIs("DataSynced", "True", "Synced");
    await writeChunk("written-before-the-cutover");
    await arrives(play, "written-before-the-cutover");

    const guarded = await play.reach("Guard", patienceMs);
    await writeChunk("written-after-the-cutover");
    await arrives(play, "written-after-the-cutover");
    expect([guarded.sync?.number, syncPods(play).length]).toEqual([1, 1]);

    await play.kubectl("writers-moved", "--reason", "deployed");
    const moved = await play.see("that the sync is gone", ({ sync }) => sync?.result !== undefined);
    expect([moved.phase, moved.sync?.result?.outcome]).toEqual(["Guard", "Stopped"]);
    await eventually("no pod of the sync", async () => syncPods(play).length === 0, { deadlineMs: patienceMs });
    await play.close();
  });
});
