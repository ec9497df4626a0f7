// A control plane as a container, where Docker answers: k3s without its node part, removed with its caller.
// Accounts with tokens are made in it, so that tests find the same kubeconfigs as elsewhere.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { startGuarded } from "#stores/guarded-process.ts";
import { eventually } from "#support/eventually.ts";
import { renderKubeconfig } from "../embedded/api/http/kubeconfig.ts";
import { kubernetesVersion } from "./binaries.ts";
import { operatorAccount } from "./layout.ts";

const run = promisify(execFile);
const image = `rancher/k3s:v${kubernetesVersion}-k3s1`;
const port = "6443/tcp";
const askDeadlineMs = 15_000;
/** The image may have to be fetched. */
const startDeadlineMs = 300_000;

type DockerCluster = {
  readonly adminKubeconfig: string;
  readonly operatorKubeconfig: string;
  readonly close: () => Promise<void>;
};

/** Starts it. Rejects when it doesn't serve within five minutes. */
export async function startDockerCluster(): Promise<DockerCluster> {
  const name = `retriever-k3s-${randomBytes(6).toString("hex")}`;
  const folder = await mkdtemp(join(tmpdir(), "retriever-k3s-"));
  const flags = ["--rm", "--privileged", "--name", name, "--publish", "127.0.0.1::6443"];
  const container = startGuarded({
    command: ["docker", "run", ...flags, image, "server", "--disable-agent", "--tls-san=127.0.0.1"],
    logFile: join(folder, "k3s.log"),
    ending: 'docker rm --force "$1" >/dev/null 2>&1; wait "$server"',
    endingArguments: [name],
  });
  const close = async () => {
    await container.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const isReady = async () => (await kubectl(name, "get", "--raw", "/readyz")) === "ok";
    const isOver = () => !container.isRunning();
    await eventually(`the container of ${image} serves`, isReady, { deadlineMs: startDeadlineMs, isOver });
    const { ca, url } = await placeOf(name);
    const write = async (user: string, token: string) => {
      const path = join(folder, `${user}.kubeconfig`);
      await writeFile(path, renderKubeconfig({ url, ca, user, token }), { mode: 0o600 });
      return path;
    };
    const adminKubeconfig = await write("admin", await makeAdministrator(name));
    const operatorKubeconfig = await write("operator", await makeOperator(name));
    return { adminKubeconfig, operatorKubeconfig, close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

async function kubectl(name: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run("docker", ["exec", name, "kubectl", ...words], { timeout: askDeadlineMs });
  return stdout.trim();
}

const kubeconfigSchema = z.object({
  clusters: z.array(z.object({ cluster: z.object({ "certificate-authority-data": z.string() }) })).min(1),
});

async function placeOf(name: string): Promise<{ readonly ca: string; readonly url: string }> {
  const { stdout: published } = await run("docker", ["port", name, port], { timeout: askDeadlineMs });
  const config = kubeconfigSchema.parse(parse(await kubectl(name, "config", "view", "--raw")));
  const encoded = config.clusters[0]?.cluster["certificate-authority-data"] ?? "";
  return { ca: Buffer.from(encoded, "base64").toString("utf8"), url: `https://${published.split("\n")[0]?.trim()}` };
}

async function makeAdministrator(name: string): Promise<string> {
  await kubectl(name, "-n", "default", "create", "serviceaccount", "e2e-admin");
  const role = ["--clusterrole=cluster-admin", "--serviceaccount=default:e2e-admin"];
  await kubectl(name, "create", "clusterrolebinding", "e2e-admin", ...role);
  return kubectl(name, "-n", "default", "create", "token", "e2e-admin", "--duration=12h");
}

async function makeOperator(name: string): Promise<string> {
  const { namespace, name: account } = operatorAccount;
  await kubectl(name, "create", "namespace", namespace);
  await kubectl(name, "-n", namespace, "create", "serviceaccount", account);
  return kubectl(name, "-n", namespace, "create", "token", account, "--duration=12h");
}
