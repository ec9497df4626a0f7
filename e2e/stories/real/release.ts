// The operator as people install it: a release of its chart by Helm, with the image that the cluster was given.
// Installing twice is installing once.
import { join } from "node:path";
import { operatorImage } from "#clusters/real/import-images.ts";
import { operatorAccount } from "#clusters/real/layout.ts";
import { type RunResult, runToEnd } from "#support/process/run-to-end.ts";
import type { GivenCluster } from "./given-cluster.ts";

export const chart = join(import.meta.dirname, "../../../charts/retriever-migration-operator");
/** Name of release, Deployment and lease. */
export const release = "retriever-migration-operator";
const { namespace, name: account } = operatorAccount;
const deadlineMs = 300_000;

type HelmVersion = 3 | 4;

/** How often the operator looks at everything, so that "it writes nothing any more" is soon seen. */
const resyncMs = 1000;
const [repository = "", tag = ""] = operatorImage.split(":");

/** What differs from the chart's defaults. */
export const values: readonly string[] = [
  `image.repository=${repository}`,
  `image.tag=${tag}`,
  "image.pullPolicy=Never",
  `serviceAccount.name=${account}`,
  `settings.resyncMs=${resyncMs}`,
  "resources.requests.cpu=200m",
].flatMap((value) => ["--set", value]);

/** Runs Helm with these words in the operator's namespace. Rejects when it doesn't end by itself. */
export function helm(given: GivenCluster, version: HelmVersion, words: readonly string[]): Promise<RunResult> {
  const program = version === 3 ? given.helm3 : given.helm4;
  if (program === undefined || given.folder === undefined) throw new Error(`there is no Helm ${version} here`);
  const home = join(given.folder, "helm");
  const all = [...words, "--namespace", namespace, "--kubeconfig", given.adminKubeconfig];
  const env = { PATH: process.env["PATH"] ?? "", HOME: home };
  return runToEnd(program, all, { env, deadlineMs });
}

/** A refused uninstall leaves a release that Helm neither upgrades nor installs. */
async function clearHalfUninstalled(given: GivenCluster, version: HelmVersion): Promise<void> {
  const { stdout } = await helm(given, version, ["list", "--uninstalling", "--short"]);
  if (stdout.includes(release)) await helm(given, version, ["uninstall", release, "--no-hooks", "--wait"]);
}

/** Installs the release, or upgrades it to what it is with these settings, and waits until both replicas are ready. */
export async function installRelease(given: GivenCluster, settings: readonly string[] = []): Promise<void> {
  const version = 3;
  await clearHalfUninstalled(given, version);
  const all = [...values, ...settings.flatMap((setting) => ["--set", setting])];
  const words = ["upgrade", "--install", release, chart, "--create-namespace", "--wait", "--timeout", "4m", ...all];
  const { exitCode, stderr } = await helm(given, version, words);
  if (exitCode !== 0) throw new Error(`helm ended with ${exitCode}: ${stderr}`);
}
