// The chart on a real API server, by both Helms: linted, tested, upgraded and uninstalled while a migration is under way.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubernetesVersion } from "#clusters/real/binaries.ts";
import { operatorAccount } from "#clusters/real/layout.ts";
import { eventually } from "#support/eventually.ts";
import type { Pod } from "#support/world/pods.ts";
import { longGuard } from "../../embedded/story-migration.ts";
import { noteFigure } from "../figures.ts";
import { givenCluster } from "../given-cluster.ts";
import { startPlay } from "../play.ts";
import { readyPods } from "../pods.ts";
import { chart, helm, installRelease, release, values } from "../release.ts";
import { openStage, type Stage } from "../stage.ts";

const run = promisify(execFile);
let stage: Stage;
beforeAll(async () => {
  stage = await openStage("helm");
}, 240_000);
afterAll(() => stage.close());

const pods = `/api/v1/namespaces/${operatorAccount.namespace}/pods`;
const bindings = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";
const definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/retrievermigrations.retriever.dev";

/** What the leader tells of the policies it relies on: true for those in force. */
async function policiesTold({ ip }: Pod): Promise<Readonly<Record<string, boolean>>> {
  const response = await fetch(`http://${ip}:8080/metrics`, { signal: AbortSignal.timeout(5000) });
  const told = (await response.text()).matchAll(/^retriever_admission_policy_in_force\{policy="(.+)"\} ([01])$/gm);
  return Object.fromEntries([...told].map(([, name = "", value]) => [name, value === "1"]));
}

/** Waits until the leader tells exactly this. It reads the policies side by side, and a scrape between two reads finds some. */
async function leaderTells(expected: Readonly<Record<string, boolean>>): Promise<void> {
  let told: Readonly<Record<string, boolean>> = {};
  const describe = () => `what the leader told last of its policies: ${JSON.stringify(told)}`;
  await eventually(
    "the leader tells of its policies",
    async () => {
      told = await policiesTold(await stage.leader());
      return isDeepStrictEqual(told, expected);
    },
    { describe },
  );
}

describe("the operator's chart", { timeout: 400_000 }, () => {
  it.each([3, 4] as const)("is linted by Helm %i without a fault", async (version) => {
    const { exitCode, stdout } = await helm(givenCluster(), version, ["lint", chart, ...values]);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("0 chart(s) failed") });
  });

  it.each([3, 4] as const)("rendered by Helm %i is what the API server takes, field by field", async (version) => {
    const given = givenCluster();
    const rendering = ["template", release, chart, "--no-hooks", "--kube-version", kubernetesVersion, ...values];
    const { exitCode, stdout: manifests, stderr } = await helm(given, version, rendering);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const kubectl = join(given.binaries ?? "", "kubectl");
    const words = ["apply", "--dry-run=server", "--validate=strict", "--server-side", "--force-conflicts", "-f", "-"];
    const applying = run(kubectl, ["--kubeconfig", given.adminKubeconfig, ...words], { timeout: 120_000 });
    applying.child.stdin?.end(manifests);
    const { stdout } = await applying;
    expect(stdout).toContain(`deployment.apps/${release} serverside-applied (server dry run)`);
  });

  it("brings the policies that its leader finds in force, until somebody takes one away", async () => {
    const installed = (await stage.client.list(bindings)).map(({ metadata }) => metadata.name);
    // The one that only warns is relied on by nobody.
    const own = installed.filter((name) => name.startsWith("retriever-") && !name.endsWith("-unanswerable-check"));
    expect(own).toHaveLength(17);
    const before = await stage.operators();
    const inForce = Object.fromEntries(own.map((name) => [name, true]));
    await leaderTells(inForce);

    // Who leads next looks anew.
    const lost = own.find((name) => name.endsWith("overlay-epoch")) ?? "";
    await stage.client.remove(`${bindings}/${lost}`);
    for (const { name } of before) await stage.client.remove(`${pods}/${name}`);
    await readyPods(stage.operators, before.length, before);
    await leaderTells({ ...inForce, [lost]: false });
    await installRelease(givenCluster());
    expect(await stage.client.get(`${bindings}/${lost}`)).toBeDefined();
  });

  it("passes its own test", async () => {
    const { exitCode, stderr } = await helm(givenCluster(), 3, ["test", release, "--timeout", "2m"]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  });

  it("is upgraded in the guard without anybody noticing, and refuses to be uninstalled until the migration has ended", async () => {
    const play = await startPlay(stage, "upgraded");
    await play.migrate({ guard: longGuard });
    const { epoch, source, destination } = await play.reach("Guard");
    const before = await stage.leader();
    const upgrade = [
      "upgrade",
      release,
      chart,
      "--wait",
      "--timeout",
      "4m",
      ...values,
      "--set",
      "podAnnotations.again=yes",
    ];
    expect(await helm(givenCluster(), 4, upgrade)).toMatchObject({ exitCode: 0 });
    expect((await stage.leader()).uid).not.toBe(before.uid);
    expect(await play.status()).toMatchObject({ phase: "Guard", epoch });
    await play.allServeFrom(destination?.digest);

    const refused = await helm(givenCluster(), 3, ["uninstall", release, "--timeout", "2m"]);
    expect(refused.exitCode).not.toBe(0);
    // Helm calls such a release "uninstalling"; this makes it one that can be upgraded again.
    const rollback = ["rollback", release, "--wait", "--timeout", "2m"];
    expect(await helm(givenCluster(), 3, rollback)).toMatchObject({ exitCode: 0 });
    expect(await play.status()).toMatchObject({ phase: "Guard", epoch });
    await play.act("Rollback");
    await play.reach("RolledBack");
    await play.allServeFrom(source?.digest);
    await play.settled();
    const { failures, failuresByReason } = await play.load.stop();
    noteFigure("K3", play.name, failures);
    expect(failuresByReason).toEqual({});

    expect(await helm(givenCluster(), 3, ["uninstall", release, "--wait", "--timeout", "2m"])).toMatchObject({
      exitCode: 0,
    });
    expect(await stage.client.get(definition)).toBeDefined();
    expect((await play.status()).phase).toBe("RolledBack");
    await play.close();
  });

  it("is uninstalled together with a migration that is deleted in the guard, once that is gone", async () => {
    await installRelease(givenCluster());
    const play = await startPlay(stage, "both-gone");
    await play.migrate({ guard: longGuard });
    const { source } = await play.reach("Guard");
    await stage.client.remove(play.migrationPath);
    const uninstalled = await helm(givenCluster(), 4, ["uninstall", release, "--wait", "--timeout", "3m"]);
    expect(uninstalled).toMatchObject({ exitCode: 0 });
    expect(await stage.client.get(play.migrationPath)).toBeUndefined();
    expect(await stage.client.get(play.overlayPath)).toBeUndefined();
    await play.allServeFrom(source?.digest);
    const { failures, failuresByReason } = await play.load.stop();
    noteFigure("K3", play.name, failures);
    expect(failuresByReason).toEqual({});
    await play.close();
  });
});
