// A cluster of Kubernetes' own parts on this machine: certificates, accounts and configuration, then the supervisor.
// Everything is in one folder that goes with the cluster; what a crash leaves, the next start removes.
import { generateKeyPairSync, randomBytes, randomInt } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Agent, request } from "undici";
import { eventually } from "#support/eventually.ts";
import { startProcess, type WatchedProcess } from "#support/process/start-process.ts";
import { makeCertificates } from "../embedded/api/http/certificate.ts";
import { renderKubeconfig } from "../embedded/api/http/kubeconfig.ts";
import type { KubernetesBinaries } from "./binaries.ts";
import { auditPolicy, type ComponentName, componentNames, nodeFiles } from "./components.ts";
import { importImages } from "./import-images.ts";
import {
  apiUrlOf,
  type ClusterKind,
  groupsOf,
  hostAddress,
  kubeconfigOf,
  type Layout,
  serviceAddress,
  type TokenUser,
  tokenUsers,
  userNameOf,
} from "./layout.ts";
import { makeBridge } from "./machine.ts";
import { openStateFolder } from "./state-folder.ts";

/** For every part to come up, on a machine that has other things to do. */
const startDeadlineMs = 300_000;
const controlDeadlineMs = 150_000;
const supervisor = join(import.meta.dirname, "supervisor-main.ts");

type GoCluster = {
  readonly layout: Layout;
  readonly close: () => Promise<void>;
};

/** Starts it; rejects with the supervisor's words when a part doesn't come up. A node needs root. */
export async function startGoCluster(kind: ClusterKind, binaries: KubernetesBinaries): Promise<GoCluster> {
  const state = await openStateFolder(kind);
  const layout = layoutOf(kind, state.path);
  let running: WatchedProcess<unknown> | undefined;
  const close = async () => {
    await running?.stop();
    await state.remove();
  };
  try {
    await writeFiles(layout);
    if (kind === "node") await makeBridge();
    running = await startSupervisor(layout, binaries);
    await state.claimFor(running.pid);
    await untilReady(running);
    if (kind === "node") await importImages(layout, binaries.path("pause"));
    return { layout, close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

/** Kills a component, or starts it again; resolves when that is done. */
export async function control(folder: string, verb: "kill" | "start", component: ComponentName): Promise<void> {
  const dispatcher = new Agent({
    connect: { socketPath: join(folder, "control.sock") },
    headersTimeout: controlDeadlineMs,
  });
  try {
    const { statusCode, body } = await request(`http://supervisor/${verb}/${component}`, {
      method: "POST",
      dispatcher,
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${verb} ${component}: ${text}`);
  } finally {
    await dispatcher.destroy();
  }
}

function layoutOf(kind: ClusterKind, folder: string): Layout {
  const loopback = `127.${randomInt(64, 128)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  if (kind === "node") return { kind, folder, loopback, apiAddress: serviceAddress, apiPort: 443 };
  return { kind, folder, loopback, apiAddress: loopback, apiPort: 6443 };
}

async function writeFiles(layout: Layout): Promise<void> {
  const write = async (name: string, content: string) => {
    const path = join(layout.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  };
  const { ca, cert, key } = await makeCertificates(
    [layout.apiAddress, layout.loopback, serviceAddress, hostAddress],
    new Date(),
  );
  await write("ca.crt", ca);
  await write("api.crt", cert);
  await write("api.key", key);
  await write("audit.yaml", auditPolicy);
  const accounts = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await write("accounts.pub", accounts.publicKey.export({ type: "spki", format: "pem" }).toString());
  await write("accounts.key", accounts.privateKey.export({ type: "pkcs1", format: "pem" }).toString());
  const tokens = tokenUsers.map((user) => ({ user, token: randomBytes(24).toString("base64url") }));
  await write("tokens.csv", tokens.map(tokenLine).join(""));
  for (const { user, token } of tokens) {
    const text = renderKubeconfig({ url: apiUrlOf(layout), ca, user, token });
    await writeFile(kubeconfigOf(layout, user), text, { mode: 0o600 });
  }
  if (layout.kind !== "node") return;
  for (const [name, content] of Object.entries(nodeFiles(layout))) await write(name, content);
}

function tokenLine({ user, token }: { readonly user: TokenUser; readonly token: string }): string {
  return `${token},${userNameOf(user)},${user},"${groupsOf(user).join(",")}"\n`;
}

function startSupervisor(layout: Layout, binaries: KubernetesBinaries): Promise<WatchedProcess<unknown>> {
  const ours = componentNames.filter((name) => name !== "containerd").map((name) => [name, binaries.path(name)]);
  const programs = Object.fromEntries([...ours, ["containerd", "containerd"]]);
  const main = [process.execPath, supervisor, JSON.stringify({ layout, programs })];
  // The first of its process ids ends with its parent, however that one ends, and with it all others.
  const namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
  const args = ["--pdeathsig", "KILL", ...(layout.kind === "node" ? namespaces : []), ...main];
  const search = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  return startProcess({ command: "setpriv", args, env: { PATH: search, HOME: layout.folder } });
}

async function untilReady({ output, isRunning }: WatchedProcess<unknown>): Promise<void> {
  const isReady = async () => output().includes('{"ready":true}');
  const waiting = { deadlineMs: startDeadlineMs, isOver: () => !isRunning(), describe: () => output().slice(-4000) };
  await eventually("every part of the cluster is up", isReady, waiting);
}
