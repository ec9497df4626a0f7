// Stories of acts in a crowd: a Rollback by name alone is taken at once, whatever lies there, and judged acts go.
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { kubectlRetriever } from "#support/world/command-line.ts";
import { type Play, startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard } from "./story-migration.ts";

const kind = { group: "retriever.dev", version: "v1alpha1", plural: "migrationacts" } as const;
const label = "retriever.dev/migration-uid";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("acts");
});
afterAll(() => stage.close());

/** Creates acts as a bot would, without HTTP; lets the API answer others in between. */
async function crowd(count: number, name: string, uid: string): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const metadata = { name: `${name}-${index}`, namespace, labels: { [label]: uid } };
    const spec = { migration: { name, uid }, act: "Resume", actor: "bot", reason: "" };
    const body = { apiVersion: "retriever.dev/v1alpha1", kind: "MigrationAct", metadata, spec };
    if (index % 100 === 0) await setImmediate();
    stage.world.cluster.api.direct({ verb: "create", ...kind, namespace, body });
  }
}

/** The act that somebody writes by hand at night. */
async function rollBackByName(play: Play): Promise<void> {
  const spec = { migration: { name: play.name }, act: "Rollback", actor: "admin", reason: "customers complain" };
  const body = {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "MigrationAct",
    metadata: { name: `zz-${play.name}` },
    spec,
  };
  await stage.world.client.create(play.actsPath, body);
}

it("a Rollback without label or UID is taken, among ten thousand acts of its own and as many of others", async () => {
  const play = await startPlay(stage, "crowded");
  await play.migrate({ guard: longGuard });
  await play.reach("Guard");
  const uid = String((await stage.world.client.get(play.migrationPath))?.metadata.uid);
  await crowd(10_000, "nobody", "none");
  await crowd(10_000, play.name, uid);
  await rollBackByName(play);
  const taken = await play.see("the Rollback is taken", ({ acts }) => acts?.latched !== undefined);
  expect(taken.acts?.latched).toMatchObject({ act: "Rollback", actor: "admin", reason: "customers complain" });
  await play.reach("RolledBack");
  const left = () => stage.world.cluster.api.store.list("retriever.dev/migrationacts", namespace);
  await eventually("judged acts are gone, the Rollback among them", async () => {
    const names = left().map(({ metadata }) => metadata.name);
    return names.length < 19_950 && !names.includes(`zz-${play.name}`);
  });
  expect(left().filter(({ metadata }) => metadata.labels?.[label] === "none")).toHaveLength(10_000);
  await play.close();
});

// The operator of these stories has no lease, by which alone one is found.
it("a workload that has no verifier, in a cluster whose operator keeps no lease, is told both, and nothing else", async () => {
  const play = await startPlay(stage, "fit");
  const { adminKubeconfig } = stage.world;
  const checked = await kubectlRetriever(adminKubeconfig, ["check", "--for", `deployment/${play.name}`]);
  expect(checked.exitCode).toBe(2);
  expect(checked.stdout.split("\n").filter((line) => line.startsWith("missing"))).toEqual([
    expect.stringContaining("no CronJob fit-retriever-verify"),
    expect.stringContaining("no operator leads"),
  ]);
  const versions = await kubectlRetriever(adminKubeconfig, ["version"]);
  expect(versions).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("the same fields as this program") });
  await play.close();
});

it("acts at the command line are answered: taken, refused with what was meant, or refused in their phase", async () => {
  const play = await startPlay(stage, "answered");
  await play.migrate({ guard: longGuard });
  await play.reach("Guard");
  const misplaced = await play.kubectl("promote");
  expect(misplaced).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("the phase is Guard") });
  const mistyped = await play.kubectl("waive", "--check", "stagin", "--reason", "x");
  expect(mistyped).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("did you mean staging?") });
  expect(await play.kubectl("pause", "--wait")).toMatchObject({ exitCode: 0, stderr: "taken: Pause by admin\n" });
  const back = await play.kubectl("rollback", "--wait", "--reason", "seen enough");
  expect(back).toMatchObject({ exitCode: 0, stderr: "taken: Rollback by admin: seen enough\n" });
  await play.reach("RolledBack");
  await play.close();
});
