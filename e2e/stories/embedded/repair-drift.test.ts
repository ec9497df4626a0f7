// Stories of a late rollback whose corrections are brought to the source by one act: real stores, a real repair in a Job.
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPgvector } from "#stores/postgres.ts";
import { loadQdrant, writeNewChunks } from "#stores/qdrant-rest.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { configMapsPath, type Play, startPlay } from "./play.ts";
import { keptReport } from "./repair.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard, skipAll } from "./story-migration.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("repair-drift", { RETRIEVER_ACT_IDENTITY: "trusted" });
});
afterAll(() => stage.close());

const patienceMs = 120_000;
const chunks = 7;

async function countOf(table: string, ids: readonly string[]): Promise<number> {
  const client = new Client({ connectionString: stage.world.postgres.connectionString });
  await client.connect();
  try {
    const listed = ids.map((id) => `'${id}'`).join();
    return (await client.query(`SELECT FROM ${table} WHERE chunk_id IN (${listed})`)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** Rolled back late from a destination that received chunks of its own. */
async function rolledBack(
  name: string,
  table: string,
): Promise<{ readonly play: Play; readonly ids: readonly string[] }> {
  const { postgres, dataset } = stage.world;
  await loadPgvector(postgres.connectionString, { schema: "public", table, index: "none" }, dataset);
  const play = await startPlay(stage, name, { table, verifier: (usual) => usual, repairer: true });
  await loadQdrant(play.destination, name, dataset);
  const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
  await play.migrate({
    destination: { kind: "qdrant", url: play.destination.url, collection: name, apiKey },
    checklist: { ...skipAll, parity: { level: "payload", recheck: "2s", timeout: "60s" } },
    writes: "DestinationAfterCutover",
    guard: longGuard,
    rollback: { window: "4s", sustainedFor: "1s", verifyDriftAfter: "1s" },
  });
  await play.reach("Guard", patienceMs);
  await play.see("verifyDriftAfter is over", ({ guard }) => (guard?.watchedSeconds ?? 0) >= 2);
  const ids = await writeNewChunks(play.destination, name, { dataset, count: chunks });
  await play.kubectl("rollback", "--reason", "answers look wrong");
  await play.reach("RolledBack", patienceMs);
  // The base names the source: nothing of the migration is in force any more, but its corrections are open.
  await play.see("it is settled", (status) => conditionOf(status, "Settled")?.status === "True");
  return { play, ids };
}

describe("a late rollback", () => {
  it("is repaired from the report that a person names, and resolved by what the repair compared last", async () => {
    const table = "story_repair_drift";
    const { play, ids } = await rolledBack("repaired", table);
    const { digest } = await keptReport(play);
    const open = await play.conditionIs("DriftResolved", "False", "CorrectionsOpen");
    expect(conditionOf(open, "DriftResolved")?.message).toContain(digest);
    const other = await play.kubectl("repair-drift", "--digest", "0".repeat(64), "--yes");
    expect(other.stderr).toContain(`it names report ${"0".repeat(64)}; the one of this rollback is ${digest}`);
    expect(await countOf(table, ids)).toBe(0);

    await play.kubectl("repair-drift", "--digest", digest, "--reason", "they are the users' own", "--yes");
    const repaired = await play.conditionIs("DriftResolved", "True", "DriftRepaired");
    expect(repaired.repair).toMatchObject({ number: 1, digest, result: { outcome: "Completed" } });
    expect(conditionOf(repaired, "DriftResolved")?.message).toContain(`wrote ${chunks} of ${chunks} chunks`);
    expect(await countOf(table, ids)).toBe(chunks);
    await play.close();
  });

  it("whose report was forged since has nothing written, and says so", async () => {
    const table = "story_repair_forged";
    const { play, ids } = await rolledBack("forged", table);
    const report = await keptReport(play);
    const forged = { ...report, differences: report.differences.slice(1) };
    const path = `${configMapsPath}/${play.name}-drift`;
    await stage.world.client.mergePatch(path, { data: { "report-0.json": JSON.stringify(forged) } });
    await play.kubectl("repair-drift", "--digest", report.digest, "--yes");
    const failed = await play.conditionIs("DriftResolved", "False", "DriftRepairFailed");
    expect(conditionOf(failed, "DriftResolved")?.message).toContain("it was edited");
    expect(await countOf(table, ids)).toBe(0);
    await play.close();
  });
});
