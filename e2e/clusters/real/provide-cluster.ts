// Which cluster the tests get: one that exists, else one of Kubernetes' own parts on this machine. Says which and why.
// Whatever it starts ends with `close`, and with the process however that one ends.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { type KubernetesBinaries, kubernetesBinaries } from "./binaries.ts";
import { findGo, type Say } from "./go-build.ts";
import { type ClusterKind, kubeconfigOf } from "./layout.ts";
import { startGoCluster } from "./start-go-cluster.ts";

export type ProvidedCluster = {
  readonly kind: ClusterKind;
  readonly adminKubeconfig: string;
  /** Of the account that the operator's tests use; the administrator's where there is no other. */
  readonly operatorKubeconfig: string;
  /** Folder with logs and the control socket; undefined when the cluster isn't ours to touch. */
  readonly folder: string | undefined;
  /** Folder with kubectl and the others, if they were built. */
  readonly binaries: string | undefined;
  readonly close: () => Promise<void>;
};

type NoCluster = { readonly missing: string };

const run = promisify(execFile);

/** Starts or finds a cluster of this kind; `missing` says what would have to be there. */
export async function provideCluster(kind: ClusterKind, say: Say): Promise<ProvidedCluster | NoCluster> {
  const existing = process.env["KUBECONFIG"];
  if (kind === "control-plane" && existing !== undefined && existing !== "") {
    say(`cluster: the one of KUBECONFIG (${existing})`);
    const kubeconfigs = { adminKubeconfig: existing, operatorKubeconfig: existing };
    return {
      kind,
      ...kubeconfigs,
      folder: undefined,
      binaries: undefined,
      close: async () => {},
    };
  }
  const lacking = kind === "node" ? await lackingForNode() : [];
  if (lacking.length > 0) return { missing: lacking.join(", ") };
  const go = await findGo();
  if (go === undefined) return { missing: "Go 1.25 or newer, as `go` on PATH or in /usr/local/go" };
  return startOwn(kind, await kubernetesBinaries(go, say), say);
}

async function startOwn(kind: ClusterKind, binaries: KubernetesBinaries, say: Say): Promise<ProvidedCluster> {
  const startedAt = performance.now();
  const { layout, close } = await startGoCluster(kind, binaries);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`cluster: Kubernetes' own parts from their Go modules (${kind}), up in ${seconds} s, in ${layout.folder}`);
  return {
    kind,
    adminKubeconfig: kubeconfigOf(layout, "admin"),
    operatorKubeconfig: kubeconfigOf(layout, "operator"),
    folder: layout.folder,
    binaries: binaries.folder,
    close,
  };
}

/** Debian's packages by a program of each. */
const programsOfNode = {
  containerd: "containerd",
  runc: "runc",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  iproute2: "ip",
  "util-linux": "unshare",
  mount: "mount",
} as const;

async function lackingForNode(): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return ["the rights of root"];
  const lacking: string[] = [];
  for (const [debianPackage, program] of Object.entries(programsOfNode)) {
    if (!(await isThere(program))) lacking.push(`Debian's ${debianPackage}`);
  }
  return lacking;
}

async function isThere(program: string): Promise<boolean> {
  if (program.startsWith("/")) return existsSync(program);
  try {
    await run("sh", ["-c", `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}
