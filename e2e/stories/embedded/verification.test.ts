// Stories of stores that differ, or of which nothing can be said: real verifications in Jobs, real repairs, real people.
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadPgvector } from "#stores/postgres.ts";
import { loadQdrant, openQdrant, pathOf, pointIdOf, writeNewChunks } from "#stores/qdrant-rest.ts";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { cronJobsPath, type Play, type PlayOptions, startPlay } from "./play.ts";
import { keptReport, repair } from "./repair.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard, type StorySpec, skipAll } from "./story-migration.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("verification", { RETRIEVER_ACT_IDENTITY: "trusted" });
});
afterAll(() => stage.close());

const parity = { level: "payload", recheck: "2s", timeout: "60s" } as const;
/** Each phase of a story waits for a second or two; Jobs and sidecars of all stories share the machine. */
const patienceMs = 120_000;
const asTheChartHasIt: PlayOptions = { verifier: (usual) => usual };

/** Table and collection of one story: what it breaks is nobody else's. */
const tableOf = (name: string) => `story_verification_${name.replaceAll("-", "_")}`;

/** A story's application over stores of its own, which hold the same. */
async function startVerified(name: string, options: PlayOptions = asTheChartHasIt): Promise<Play> {
  const { postgres, dataset } = stage.world;
  const table = tableOf(name);
  await loadPgvector(postgres.connectionString, { schema: "public", table, index: "none" }, dataset);
  const play = await startPlay(stage, name, { table, ...options });
  await loadQdrant(play.destination, name, dataset);
  return play;
}

function migrate(play: Play, changes: StorySpec = {}): Promise<void> {
  const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
  const destination = { kind: "qdrant", url: play.destination.url, collection: play.name, apiKey } as const;
  return play.migrate({ destination, checklist: { ...skipAll, parity }, ...changes });
}

const cronJobSchema = z.looseObject({
  spec: z.looseObject({
    jobTemplate: z.looseObject({
      spec: z.looseObject({
        template: z.looseObject({
          spec: z.looseObject({
            containers: z.tuple([
              z.looseObject({ env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })) }),
            ]),
          }),
        }),
      }),
    }),
  }),
});

/** The CronJob with another host allowed to its container than the destination's. */
function allowingOnly(host: string, cronJob: object): object {
  const changed = cronJobSchema.parse(cronJob);
  const [{ env }] = changed.spec.jobTemplate.spec.template.spec.containers;
  for (const variable of env) if (variable.name === "RETRIEVER_ALLOWED_HOSTS") variable.value = host;
  return changed;
}

/** A copy looks chunks up by their id. */
async function index(play: Play): Promise<void> {
  const { call, close } = openQdrant(play.destination);
  const body = { field_name: "chunk_id", field_schema: "keyword" };
  await call({ method: "PUT", path: pathOf(play.name, "/index?wait=true"), body });
  await close();
}

/** The destination loses chunks. */
async function lose(play: Play, rows: readonly number[]): Promise<void> {
  const { call, close } = openQdrant(play.destination);
  const points = rows.map((row) => pointIdOf(stage.world.dataset.chunks[row]?.chunkId ?? ""));
  await call({ method: "POST", path: pathOf(play.name, "/points/delete?wait=true"), body: { points } });
  await close();
}

async function askSource<Row>(sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: stage.world.postgres.connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Waits for a later comparison than the newest one now to have a result. */
async function comparedAgain(play: Play) {
  const { verification } = await play.status();
  const newest = Math.max(0, ...(verification?.runs ?? []).map(({ number }) => number));
  return play.see(`a result later than that of comparison ${newest}`, (status) =>
    (status.verification?.runs ?? []).some(({ number, result }) => number > newest && result !== undefined),
  );
}

/** Name of the pod that compares. */
function verifyingPod(play: Play): string | undefined {
  const pods = stage.world.cluster.api.store.list("/pods", namespace);
  const own = pods.find(({ metadata }) => metadata.labels?.["job-name"]?.startsWith(`${play.name}-verify-`));
  return own?.metadata.name;
}

describe.concurrent("a migration whose stores are compared", () => {
  it("stops in Preflight with counts while the destination lacks chunks, and completes once it is repaired", async () => {
    const play = await startVerified("lacking");
    await lose(play, [3, 5, 8]);
    await migrate(play);
    const stopped = await play.conditionIs("ParityVerified", "False", "Drift");
    const counts = "3 chunks differ: 3 missing (100 read at the source, 97 at the destination)";
    expect(stopped.phase).toBe("Preflight");
    expect(conditionOf(stopped, "ParityVerified")?.message).toContain(counts);
    // Before it, the message may name a probe that is late.
    await play.see("says so in a sentence", ({ message }) => message.includes(`preflight: ${counts}`));
    expect((await comparedAgain(play)).phase).toBe("Preflight");

    const { exitCode, done } = await repair(play, "lacking", "source-to-destination");
    expect({ exitCode, done }).toMatchObject({ exitCode: 0, done: { written: 3, removed: 0, remaining: {} } });
    const completed = await play.reach("Completed", patienceMs);
    expect(conditionOf(completed, "ParityVerified")).toMatchObject({ status: "True", reason: "Equal" });
    await play.close();
  });

  it("has what the destination lacks copied once somebody approves, and not before", async () => {
    const play = await startVerified("copied", { ...asTheChartHasIt, copier: true });
    await index(play);
    await lose(play, [3, 5, 8]);
    const checklist = { ...skipAll, parity, approvals: { roles: [{ name: "sre" }] } };
    await migrate(play, { checklist, data: { copy: "IfIncomplete" } });
    const stopped = await play.conditionIs("DataCopied", "Unknown", "CopyNotApproved");
    expect([stopped.phase, stopped.copy]).toEqual(["Preflight", undefined]);
    const { exitCode, stderr } = await play.kubectl("approve", "--role", "sre", "--yes-i-am", "admin");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { copy } = await play.reach("Completed", patienceMs);
    expect(copy?.result?.outcome).toBe("Completed");
    expect(copy?.result?.message).toContain("3 new, 0 over older ones, 97 were there already; equal");
    await play.close();
  });

  it("without a CronJob to compare them with is Unknown, until a person waives it and is named for it", async () => {
    const play = await startVerified("untemplated", {});
    await migrate(play);
    const why = "preflight: there is no CronJob untemplated-retriever-verify to compare the stores with";
    const stopped = await play.see("that it can't be compared", ({ message }) => message.startsWith(why));
    expect(stopped.phase).toBe("Preflight");
    expect(conditionOf(stopped, "ParityVerified")).toMatchObject({ status: "Unknown", reason: "NoTemplate" });
    const { exitCode, stderr } = await play.kubectl("waive", "--check", "parity");
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--reason") });
    expect((await play.status()).phase).toBe("Preflight");

    await play.kubectl("waive", "--check", "parity", "--reason", "compared by hand, ticket 12");
    const going = await play.reach("WarmUp");
    const waived = conditionOf(going, "ParityVerified");
    expect(waived).toMatchObject({ status: "Unknown", reason: "Waived" });
    expect(waived?.message).toMatch(/^waived by admin: compared by hand, ticket 12 \(/);
    expect((await play.kubectl("status")).stdout).toMatch(/WAIVED +parity +by admin: compared by hand, ticket 12/);
    expect(going.verification).toBeUndefined();
    await play.close();
  });

  it("by a Job that refuses its configuration is Unknown, and goes on after the CronJob was corrected", async () => {
    let right: object = {};
    const play = await startVerified("misconfigured", {
      verifier: (usual) => {
        right = usual;
        return allowingOnly("elsewhere.example", usual);
      },
    });
    await migrate(play);
    const stopped = await play.conditionIs("ParityVerified", "Unknown", "BadUsage");
    expect(stopped.phase).toBe("Preflight");
    expect(stopped.message).toContain("refused its options or its configuration: RETR_HOST_NOT_ALLOWED");
    const again = await comparedAgain(play);
    expect([again.phase, conditionOf(again, "ParityVerified")?.status]).toEqual(["Preflight", "Unknown"]);

    await stage.world.client.mergePatch(`${cronJobsPath}/misconfigured-retriever-verify`, right);
    const going = await play.reach("WarmUp");
    expect(conditionOf(going, "ParityVerified")).toMatchObject({ status: "True", reason: "Equal" });
    await play.close();
  });

  it("by a Job that is killed is Unknown, and is compared by another Job after spec.checklist.parity.recheck", async () => {
    const play = await startVerified("killed-verifier");
    await migrate(play);
    await eventually(
      "the verifier is killed",
      async () => {
        const pod = verifyingPod(play);
        if (pod === undefined) return false;
        stage.world.cluster.runner.kill(pod);
        return true;
      },
      { everyMs: 20 },
    );
    const stopped = await play.conditionIs("ParityVerified", "Unknown", "NoSummary");
    expect(stopped.phase).toBe("Preflight");
    expect(stopped.message).toContain("ended with code 137 and left no summary");
    const going = await play.reach("WarmUp");
    const compared = going.verification?.runs.find(({ purpose }) => purpose === "Preflight");
    expect(compared).toMatchObject({ number: 2, result: { outcome: "Compared", reason: "Equal" } });
    await play.close();
  });

  it("isn't cut over, though promoted, while a difference that appeared in the wait is there", async () => {
    const play = await startVerified("late-difference");
    await migrate(play, {
      cutover: { hold: true, ackTimeout: "30s", validationTimeout: "20s" },
    });
    await play.reach("AwaitingCutover", patienceMs);
    await play.conditionIs("Ready", "True", "AwaitingPromote");
    await askSource(`
      INSERT INTO ${tableOf(play.name)} (chunk_id, entity_id, namespace, updated_at, embedding)
      SELECT 'came-late', entity_id, namespace, now(), embedding FROM ${tableOf(play.name)} LIMIT 1`);
    await play.conditionIs("ParityVerified", "False", "Drift");
    await play.kubectl("promote", "--wait-for-gates", "--reason", "the gates are green");
    await play.see("the Promote is taken", ({ acts }) => acts?.promotedBy === "admin");
    const blocked = await comparedAgain(play);
    expect(blocked.phase).toBe("AwaitingCutover");
    expect(conditionOf(blocked, "Ready")).toMatchObject({ status: "False", reason: "Drift" });
    expect(blocked.message).toMatch(/^every gate passes, but before the cutover: 1 chunk differs: 1 missing/);
    const report = await keptReport(play);
    expect(report.differences).toMatchObject([{ kind: "missing", id: "came-late" }]);
    expect(report.scope.since).not.toBeNull();

    expect(await repair(play, play.name, "source-to-destination")).toMatchObject({ exitCode: 0, done: { written: 1 } });
    const completed = await play.reach("Completed", patienceMs);
    expect(completed.revision?.primary).toBe("destination");
    await play.close();
  });

  it("rolled back later than rollback.verifyDriftAfter lists what only the destination received, and a person closes it", async () => {
    const play = await startVerified("late-rollback");
    await migrate(play, {
      writes: "DestinationAfterCutover",
      guard: longGuard,
      rollback: { window: "4s", sustainedFor: "1s", verifyDriftAfter: "1s" },
    });
    await play.reach("Guard", patienceMs);
    await play.see("verifyDriftAfter is over", ({ guard }) => (guard?.watchedSeconds ?? 0) >= 2);
    const { dataset } = stage.world;
    const written = await writeNewChunks(play.destination, play.name, { dataset, count: 7 });
    await play.kubectl("rollback", "--reason", "answers look wrong");
    const comparing = await play.reach("VerifyingDrift");
    expect(conditionOf(comparing, "DriftResolved")).toMatchObject({ status: "Unknown", reason: "Comparing" });
    const [sidecar] = await play.sidecars();
    expect(sidecar?.config.primaryIdentity.digest).toBe(comparing.source?.digest);

    const back = await play.reach("RolledBack");
    expect(conditionOf(back, "DriftResolved")).toMatchObject({ status: "False", reason: "CorrectionsOpen" });
    expect(back.message).toContain("7 chunks of the destination are not as such at the source since the cutover of ");
    const { differences, scope } = await keptReport(play);
    expect(differences.map(({ kind, id }) => `${kind} ${id}`).toSorted()).toEqual(written.map((id) => `extra ${id}`));
    expect(Date.parse(scope.since ?? "")).toBeLessThan(Date.parse(back.cutoverAt ?? ""));

    expect(await repair(play, play.name, "destination-to-source")).toMatchObject({ exitCode: 0, done: { written: 7 } });
    const ids = written.map((id) => `'${id}'`).join();
    expect(await askSource(`SELECT 1 FROM ${tableOf(play.name)} WHERE chunk_id IN (${ids})`)).toHaveLength(7);
    await play.kubectl("waive", "--check", "parity", "--reason", "copied back, ticket 7");
    const closed = await play.conditionIs("DriftResolved", "True", "Waived");
    expect(conditionOf(closed, "DriftResolved")?.message).toMatch(
      /^closed by admin: copied back, ticket 7 \(7 chunks /,
    );
    await play.close();
  });
});
